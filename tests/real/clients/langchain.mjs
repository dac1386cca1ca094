// LangChain's client of OpenAI's API.
import {tool} from "@langchain/core/tools";
import {HumanMessage, ToolMessage} from "@langchain/core/messages";
import {ChatOpenAI, OpenAIEmbeddings} from "@langchain/openai";
import {base_url, model, refused, run, token, verdict, weather, weather_in} from "./steps.mjs";

const chat_with = (apiKey, more = {}) => new ChatOpenAI({
  model, apiKey, temperature: 0, maxRetries: 0, timeout: 20_000, configuration: {baseURL: base_url}, ...more,
});
const chat = chat_with(token);

const called = [];
const get_weather = tool(({city}) => (called.push(city), weather_in(city)),
                         {name: weather.name, description: weather.description, schema: weather.parameters});

function seen_message(message) {
  return {text: message.content, usage: message.usage_metadata, finish: message.response_metadata?.finish_reason,
          model: message.response_metadata?.model_name,
          calls: message.tool_calls?.map((call) => [call.name, call.args])};
}

await run({
  plain: async () => seen_message(await chat.invoke("hello")),
  async streamed() {
    let whole;
    let pieces = 0;
    for await (const chunk of await chat.stream("hello")) {
      if (chunk.content) ++pieces;
      whole = whole ? whole.concat(chunk) : chunk;
    }
    return {...seen_message(whole), pieces};
  },
  async tool_loop() {
    called.length = 0;
    const armed = chat.bindTools([get_weather]);
    const messages = [new HumanMessage("weather in quito")];
    for (let steps = 1; steps <= 4; ++steps) {
      let answer;
      for await (const chunk of await armed.stream(messages)) answer = answer ? answer.concat(chunk) : chunk;
      messages.push(answer);
      if (!answer.tool_calls?.length) return {...seen_message(answer), called, steps};
      for (const call of answer.tool_calls) {
        messages.push(new ToolMessage({content: await get_weather.invoke(call.args), tool_call_id: call.id}));
      }
    }
    return {called, steps: "no end"};
  },
  schema: async () => ({parsed: await chat.withStructuredOutput(verdict, {method: "jsonSchema", name: "verdict"})
      .invoke("hello")}),
  async embeddings() {
    const encoder = new OpenAIEmbeddings({model, apiKey: token, maxRetries: 0, configuration: {baseURL: base_url}});
    return {sizes: (await encoder.embedDocuments(["one", "two", "three"])).map((vector) => vector.length)};
  },
  bad_token: () => refused(() => chat_with("wrong-token-of-nobody").invoke("hello")),
  bad_model: () => refused(() => chat_with(token, {model: "no-such-model"}).invoke("hello")),
  async abort() {
    const stop = new AbortController();
    const seen = {pieces: 0, ended: "by itself"};
    try {
      for await (const chunk of await chat.stream("hello", {signal: stop.signal})) {
        if (!chunk.content) continue;
        ++seen.pieces;
        stop.abort();
      }
      if (stop.signal.aborted) seen.ended = "aborted";
    } catch (problem) {
      seen.ended = problem.name;
    }
    return seen;
  },
});
