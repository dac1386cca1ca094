// Serves the tiny chat model as OpenAI's chat API, for tests of clients against a model that thinks for itself.
//
//   tests/real/run model_server.mjs [--port 0] [--key KEY] [--slots 4] [--waiting-max 64] [--tokens-per-second 0]
//
// Temperature is 0 unless a request says otherwise: the same messages give the same answer. GET /calls tells how many
// answers run, were finished, were given up by their callers.
import {answer_pieces} from "./answer_pieces.mjs";
import {event_stream, options_of, refusal, serve} from "./http_door.mjs";
import {model_name, tiny_model} from "./tiny_model.mjs";

const options = options_of(process.argv.slice(2),
                           {port: 0, key: "", slots: 4, waiting_max: 64, tokens_per_second: 0});
const model = await tiny_model.load(options);
const calls = {running: 0, finished: 0, given_up: 0};
let chats = 0;

async function settings_of(body) {
  if (!Array.isArray(body.messages) || body.messages.length === 0) {
    throw new refusal(400, "invalid_value", "messages: a list with at least one");
  }
  if (body.model !== model_name) throw new refusal(404, "model_not_found", `The model '${body.model}' does not exist`);
  if ((body.n ?? 1) !== 1) throw new refusal(400, "unsupported_value", "n: only 1");
  const format = body.response_format ?? {type: "text"};
  const schema = format.type === "json_schema" ? format.json_schema.schema :
      format.type === "json_object" ? {type: "object", additionalProperties: true} : null;
  return {
    tokens: model.tokens_of(body.messages, body.tools),
    grammar: schema ? await model.grammar_of(schema) : null,
    has_tools: (body.tools?.length ?? 0) > 0 && body.tool_choice !== "none",
    tokens_max: body.max_completion_tokens ?? body.max_tokens ?? Infinity,
    stops: [body.stop ?? []].flat(),
    alternatives: body.logprobs ? body.top_logprobs ?? 0 : 0,
    wants_logprobs: body.logprobs === true,
    // A call's name is unique in its conversation, and the same again when the conversation is.
    first_call: body.messages.reduce((sum, message) => sum + (message.tool_calls?.length ?? 0), 1),
    sampling: {temperature: body.temperature ?? 0, top_p: body.top_p ?? undefined, seed: body.seed ?? undefined},
  };
}

const logprob_of = ({text, probability}) =>
    ({token: text, logprob: Math.log(Math.max(probability, 1e-30)), bytes: [...Buffer.from(text)]});

// As deltas of OpenAI's stream.
function delta_of(piece, {first_call}) {
  if (piece.text !== undefined) return {content: piece.text};
  if (piece.name !== undefined) {
    return {tool_calls: [{index: piece.index, id: `call_${first_call + piece.index}`, type: "function",
                          function: {name: piece.name, arguments: ""}}]};
  }
  return {tool_calls: [{index: piece.index, function: {arguments: piece.arguments}}]};
}

const pause = () => options.tokens_per_second > 0 &&
    new Promise((resume) => setTimeout(resume, 1000 / options.tokens_per_second));

function is_whole_json(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Yields {delta, logprobs} and at last {finish, usage}. */
async function * write(settings, is_gone) {
  const pieces = new answer_pieces(settings);
  let written = 0;
  let text = "";
  let finish = null;
  const tokens = model.answer(settings.tokens, {...settings.sampling, grammar: settings.grammar,
                                                alternatives: settings.alternatives});
  ++calls.running;
  try {
    for await (const token of tokens) {
      if (is_gone()) return;
      await pause();
      ++written;
      text += token.text;
      const logprobs = settings.wants_logprobs ?
          {content: [{...logprob_of(token), top_logprobs: token.alternatives.map(logprob_of)}], refusal: null} : null;
      for (const piece of pieces.feed(token.text)) yield {delta: delta_of(piece, settings), logprobs};
      // A grammar ends with blanks for ever.
      if (pieces.is_done || (settings.grammar && is_whole_json(text))) {
        finish = "stop";
        break;
      }
      if (written >= settings.tokens_max || settings.tokens.length + written >= model.context.contextSize) {
        finish = "length";
        break;
      }
    }
    for (const piece of pieces.finish()) yield {delta: delta_of(piece, settings), logprobs: null};
    finish ??= pieces.calls > 0 ? "tool_calls" : "stop";
    const prompt_tokens = settings.tokens.length;
    ++calls.finished;
    yield {finish, usage: {prompt_tokens, completion_tokens: written, total_tokens: prompt_tokens + written}};
  } finally {
    --calls.running;
  }
}

async function stream(body, head, steps, response) {
  // The first step may be a refusal: it comes before the stream is begun.
  let step = await steps.next();
  const events = new event_stream(response);
  const chunk = (choices, more = {}) => events.send({...head, object: "chat.completion.chunk", choices, ...more});
  const choice = (delta, logprobs, finish_reason) => [{index: 0, delta, logprobs, finish_reason}];
  await chunk(choice({role: "assistant", content: ""}, null, null));
  for (; !step.done; step = await steps.next()) {
    const {delta, logprobs, finish, usage} = step.value;
    await chunk(finish ? choice({}, null, finish) : choice(delta, logprobs, null));
    if (finish && body.stream_options?.include_usage) await chunk([], {usage});
  }
  await events.end();
}

async function whole(head, steps) {
  const message = {role: "assistant", content: null, refusal: null};
  const logprobs = [];
  for await (const step of steps) {
    if (step.finish) {
      const choice = {index: 0, message, logprobs: logprobs.length > 0 ? {content: logprobs} : null,
                      finish_reason: step.finish};
      return {...head, object: "chat.completion", choices: [choice], usage: step.usage};
    }
    if (step.logprobs) logprobs.push(...step.logprobs.content);
    if (step.delta.content !== undefined) message.content = (message.content ?? "") + step.delta.content;
    for (const call of step.delta.tool_calls ?? []) {
      message.tool_calls ??= [];
      if (call.id) {
        const {index, ...first} = call;
        message.tool_calls[index] = first;
      } else {
        message.tool_calls[call.index].function.arguments += call.function.arguments;
      }
    }
  }
}

async function chat(body, response) {
  const settings = await settings_of(body);
  const head = {id: `chatcmpl-${++chats}`, created: Math.floor(Date.now() / 1000), model: model_name,
                system_fingerprint: null};
  let gone = false;
  response.on("close", () => {
    gone = !response.writableFinished;
    if (gone) ++calls.given_up;
  });
  const steps = write(settings, () => gone);
  if (body.stream) return stream(body, head, steps, response);
  return whole(head, steps);
}

const listed = {id: model_name, object: "model", created: 0, owned_by: "sage"};
serve(options, {
  "POST /v1/chat/completions": chat,
  "GET /v1/models": async () => ({object: "list", data: [listed]}),
  [`GET /v1/models/${model_name}`]: async () => listed,
  "GET /healthz": async () => ({status: "ok"}),
  "GET /calls": async () => calls,
});
