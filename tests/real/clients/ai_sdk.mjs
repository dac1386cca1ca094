// Vercel's AI SDK with its provider for servers that speak OpenAI's API.
import {createOpenAICompatible} from "@ai-sdk/openai-compatible";
import {Output, embedMany, generateText, jsonSchema, stepCountIs, streamText, tool} from "ai";
import {base_url, model, refused, run, token, verdict, weather, weather_in} from "./steps.mjs";

const provider_with = (apiKey) => createOpenAICompatible({
  name: "sage", baseURL: base_url, apiKey, includeUsage: true, supportsStructuredOutputs: true,
});
const provider = provider_with(token);
const settings = (prompt, more = {}) => ({model: provider(model), prompt, temperature: 0, maxRetries: 0, ...more});

const called = [];
const tools = {
  [weather.name]: tool({
    description: weather.description,
    inputSchema: jsonSchema(weather.parameters),
    execute: async ({city}) => (called.push(city), weather_in(city)),
  }),
};

const seen_usage = ({inputTokens, outputTokens}) => ({inputTokens, outputTokens});

await run({
  async plain() {
    const {text, finishReason, usage, response} = await generateText(settings("hello"));
    return {text, finish: finishReason, usage: seen_usage(usage), model: response.modelId};
  },
  async streamed() {
    const result = streamText(settings("hello"));
    const pieces = [];
    for await (const piece of result.textStream) pieces.push(piece);
    return {text: pieces.join(""), pieces: pieces.length, finish: await result.finishReason,
            usage: seen_usage(await result.usage)};
  },
  async tool_loop() {
    called.length = 0;
    const result = streamText(settings("weather in quito", {tools, stopWhen: stepCountIs(4)}));
    await result.consumeStream();
    return {text: await result.text, called, steps: (await result.steps).length};
  },
  async schema() {
    const {output} = await generateText(settings("hello", {output: Output.object({schema: jsonSchema(verdict)})}));
    return {parsed: output};
  },
  async embeddings() {
    const {embeddings} = await embedMany({model: provider.textEmbeddingModel(model), values: ["one", "two", "three"],
                                          maxRetries: 0});
    return {sizes: embeddings.map((vector) => vector.length)};
  },
  bad_token: () => refused(() => generateText(
      settings("hello", {model: provider_with("wrong-token-of-nobody")(model)}))),
  bad_model: () => refused(() => generateText(settings("hello", {model: provider("no-such-model")}))),
  async abort() {
    const stop = new AbortController();
    const seen = {pieces: 0, ended: "by itself"};
    const result = streamText(settings("hello", {abortSignal: stop.signal, onError() {}}));
    for await (const part of result.fullStream) {
      if (part.type === "text-delta" && part.text && ++seen.pieces === 1) stop.abort();
      if (part.type === "abort" || part.type === "error") seen.ended = part.type;
    }
    return seen;
  },
});
