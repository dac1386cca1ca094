// The official SDK of OpenAI.
import OpenAI from "openai";
import {at_once, base_url, model, refused, run, token, verdict, weather, weather_in} from "./steps.mjs";

const client_with = (apiKey, maxRetries = 0) =>
    new OpenAI({apiKey, baseURL: base_url, maxRetries, timeout: 20_000});
const client = client_with(token);
const completions = client.chat.completions;
const user = (content) => [{role: "user", content}];
const tools = [{type: "function", function: weather}];

function seen_reply(reply) {
  const {message, finish_reason} = reply.choices[0];
  return {id: reply.id, request_id: reply._request_id, model: reply.model, text: message.content, finish: finish_reason, usage: reply.usage,
          calls: message.tool_calls?.map((call) => [call.function.name, call.function.arguments])};
}

await run({
  async models() {
    const ids = [];
    for await (const one of client.models.list()) ids.push(one.id);
    return {ids, one: (await client.models.retrieve(model)).id};
  },
  async plain() {
    return seen_reply(await completions.create({model, messages: user("hello"), temperature: 0}));
  },
  async streamed() {
    const stream = await completions.create({
      model, messages: user("hello"), temperature: 0, stream: true, stream_options: {include_usage: true},
    });
    const seen = {text: "", pieces: 0, ids: new Set(), role: null, finish: null, usage: null};
    for await (const chunk of stream) {
      seen.ids.add(chunk.id);
      if (chunk.usage) seen.usage = chunk.usage;
      const choice = chunk.choices[0];
      if (!choice) continue;
      seen.role ??= choice.delta.role ?? null;
      seen.finish = choice.finish_reason ?? seen.finish;
      if (choice.delta.content) {
        seen.text += choice.delta.content;
        ++seen.pieces;
      }
    }
    return {...seen, ids: seen.ids.size};
  },
  async parts() {
    const content = [{type: "text", text: "hel"}, {type: "text", text: "lo"}];
    return seen_reply(await completions.create({model, messages: user(content), temperature: 0}));
  },
  async crowd() {
    const cities = ["paris", "berlin", "tokyo", "oslo", "rome", "lima", "cairo", "delhi", "milan", "quito"];
    const wrong = [];
    await Promise.all(Array.from({length: 40}, async (_, i) => {
      const city = cities[i % cities.length];
      const stream = completions.stream({model, messages: user(`weather in ${city}`), temperature: 0});
      const text = (await stream.finalChatCompletion()).choices[0].message.content;
      if (text !== `it is ${weather_in(city)} degrees in ${city}`) wrong.push([city, text]);
    }));
    return {wrong};
  },
  async conversation() {
    const metadata = {conversation_id: `openai-${process.pid}`};
    const first = await completions.create({model, messages: user("weather in quito"), metadata});
    const second = await completions.create({model, messages: user("hello"), metadata});
    return {first: seen_reply(first), second: seen_reply(second)};
  },
  async tool_wish() {
    const stream = completions.stream({model, messages: user("weather in quito"), tools, temperature: 0});
    const whole = await completions.create({model, messages: user("weather in quito"), tools, temperature: 0});
    return {whole: seen_reply(whole), streamed: seen_reply(await stream.finalChatCompletion())};
  },
  async tool_loop() {
    const called = [];
    const tool = {...weather, parse: JSON.parse, function: ({city}) => (called.push(city), weather_in(city))};
    const runner = completions.runTools({
      model, messages: user("weather in quito"), tools: [{type: "function", function: tool}], temperature: 0,
      stream: true,
    });
    return {text: await runner.finalContent(), called};
  },
  async schema() {
    const reply = await completions.parse({
      model, messages: user("hello"), temperature: 0,
      response_format: {type: "json_schema", json_schema: {name: "verdict", schema: verdict, strict: true}},
    });
    return {...seen_reply(reply), parsed: reply.choices[0].message.parsed};
  },
  async logprobs() {
    const asked = {model, messages: user("hello"), temperature: 0, logprobs: true};
    const whole = (await completions.create(asked)).choices[0];
    const streamed = [];
    for await (const chunk of await completions.create({...asked, stream: true})) {
      streamed.push(...(chunk.choices[0]?.logprobs?.content ?? []));
    }
    const text_of = (tokens) => tokens.map((one) => one.token).join("");
    return {text: whole.message.content, whole: text_of(whole.logprobs.content), streamed: text_of(streamed),
            likely: streamed.every((one) => one.logprob <= 0)};
  },
  async embeddings() {
    const input = ["one", "two", "three"];
    const as_numbers = await client.embeddings.create({model, input, encoding_format: "float"});
    const as_base64 = await client.embeddings.create({model, input});  // the SDK asks for base64 by itself
    const sizes = as_numbers.data.map((one) => one.embedding.length);
    const farthest = Math.max(...as_numbers.data.flatMap((one, i) => one.embedding.map(
        (number, k) => Math.abs(number - as_base64.data[i].embedding[k]))));
    return {sizes, farthest, first: as_numbers.data[0].embedding.slice(0, 4).map(Math.fround), usage: as_numbers.usage};
  },
  bad_embeddings: () => refused(() => client.embeddings.create({model, input: []})),
  bad_embedding_model: () => refused(() => client.embeddings.create({model: "no-such-model", input: "one"})),
  bad_token: () => refused(() => client_with("wrong-token-of-nobody").chat.completions.create(
      {model, messages: user("hello")})),
  bad_model: () => refused(() => completions.create({model: "no-such-model", messages: user("hello")})),
  bad_request: () => refused(() => completions.create({model, messages: []})),
  too_many: () => at_once(24, () => completions.create(
      {model, messages: user("hello"), metadata: {conversation_id: `openai-many-${process.pid}`}})),
  patient: () => {
    const patient = client_with(token, 20).chat.completions;
    return at_once(14, () => patient.create(
        {model, messages: user("hello"), metadata: {conversation_id: `openai-patient-${process.pid}`}}));
  },
  async abort() {
    const stream = await completions.create({model, messages: user("hello"), stream: true});
    const seen = {pieces: 0, ended: "by itself"};
    try {
      for await (const chunk of stream) {
        if (!chunk.choices[0]?.delta.content) continue;
        ++seen.pieces;
        stream.controller.abort();
      }
      if (stream.controller.signal.aborted) seen.ended = "aborted";
    } catch (problem) {
      seen.ended = problem.name;
    }
    return seen;
  },
});
