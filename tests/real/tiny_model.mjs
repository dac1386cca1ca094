// The model of models/tiny-chat.gguf in llama.cpp: messages in, tokens out.
import {fileURLToPath} from "node:url";
import {Template} from "@huggingface/jinja";
import {LlamaGrammarEvaluationState, getLlama} from "node-llama-cpp";
import {refusal} from "./http_door.mjs";

const file = fileURLToPath(new URL("models/tiny-chat.gguf", import.meta.url));
const alternatives_max = 20;

export const model_name = "tiny-chat";

function text_of(content) {
  if (content === null || content === undefined) return "";
  if (typeof content === "string") return content;
  return content.map((part) => {
    if (part.type !== "text") throw new refusal(400, "unsupported_value", `tiny-chat can't take ${part.type}`);
    return part.text;
  }).join("");
}

// As the model's template wants messages: texts, and arguments as objects.
function message_of({role, content, tool_calls}) {
  if (!["system", "developer", "user", "assistant", "tool"].includes(role)) {
    throw new refusal(400, "invalid_value", `no such role: ${role}`);
  }
  const calls = tool_calls?.map((call) => {
    try {
      return {function: {name: call.function.name, arguments: JSON.parse(call.function.arguments)}};
    } catch {
      throw new refusal(400, "invalid_value", "arguments of a tool call are JSON");
    }
  });
  return {role, content: text_of(content), tool_calls: calls};
}

/** Answers at most `slots` chats at once; up to `waiting_max` wait, the rest is refused. */
export class tiny_model {
  static async load({slots, waiting_max}) {
    const llama = await getLlama({gpu: false, build: "never", logLevel: "error"});
    const model = await llama.loadModel({modelPath: file});
    const context = await model.createContext({contextSize: model.trainContextSize, sequences: slots, threads: 1});
    return new tiny_model(llama, model, context, waiting_max);
  }
  constructor(llama, model, context, waiting_max) {
    this.llama = llama;
    this.model = model;
    this.context = context;
    this.template = new Template(model.fileInfo.metadata.tokenizer.chat_template);
    this.free = context.sequencesLeft;
    this.waiting = [];
    this.waiting_max = waiting_max;
  }

  /** The tokens of the prompt; refuses what leaves no room for an answer. */
  tokens_of(messages, tools) {
    const text = this.template.render(
        {messages: messages.map(message_of), tools: tools ?? [], add_generation_prompt: true});
    const tokens = this.model.tokenize(text, true);
    if (tokens.length >= this.context.contextSize) {
      throw new refusal(400, "context_length_exceeded",
                        `at most ${this.context.contextSize} tokens; the messages have ${tokens.length}`);
    }
    return tokens;
  }

  /** Makes the answer follow a JSON Schema. */
  async grammar_of(schema) {
    try {
      return await this.llama.createGrammarForJsonSchema(schema);
    } catch (problem) {
      throw new refusal(400, "invalid_value", `the schema can't be followed: ${problem.message}`);
    }
  }

  async take_slot() {
    if (this.free > 0) {
      --this.free;
    } else {
      if (this.waiting.length >= this.waiting_max) {
        throw new refusal(429, "rate_limit_exceeded", "too many requests at once", {"retry-after": "1"});
      }
      await new Promise((resume) => this.waiting.push(resume));
    }
    return this.context.getSequence();
  }
  async give_back(slot) {
    await slot.dispose();
    const next = this.waiting.shift();
    if (next) {
      next();
    } else {
      ++this.free;
    }
  }

  /**
   * Yields {text, probability, alternatives} per token until the model ends its answer or the context is full. The
   * first one waits for a slot, or is a refusal.
   */
  async * answer(tokens, {temperature = 0, top_p, seed, grammar, alternatives = 0}) {
    const options = {temperature, topP: top_p, seed};
    if (grammar) options.grammarEvaluationState = new LlamaGrammarEvaluationState({model: this.model, grammar});
    const room = this.context.contextSize - tokens.length;
    let written = 0;
    const slot = await this.take_slot();
    try {
      for await (const {token, probabilities} of slot.evaluateWithMetadata(tokens, {probabilities: true}, options)) {
        yield {
          text: this.model.detokenize([token], true),
          probability: probabilities.get(token),
          alternatives: [...probabilities].slice(0, Math.min(alternatives, alternatives_max))
              .map(([other, probability]) => ({text: this.model.detokenize([other], true), probability})),
        };
        if (++written >= room) return;
      }
    } finally {
      await this.give_back(slot);
    }
  }
}
