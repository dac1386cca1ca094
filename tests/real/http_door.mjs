// What both servers share: HTTP on loopback that speaks JSON and server-sent events, and fails as OpenAI does.
import {createServer} from "node:http";

const body_bytes_max = 4 << 20;

/** A refusal in the provider's format. */
export class refusal extends Error {
  constructor(status, code, message, headers = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
  body() {
    const type = this.status === 401 ? "authentication_error" : this.status === 429 ? "rate_limit_error" :
        this.status >= 500 ? "server_error" : "invalid_request_error";
    return {error: {message: this.message, type, param: null, code: this.code}};
  }
}

/** `--name value` of the command line over `defaults`; what is not among these is an error. */
export function options_of(argv, defaults) {
  const options = {...defaults};
  for (let i = 0; i < argv.length; i += 2) {
    const name = argv[i].replace(/^--/, "").replaceAll("-", "_");
    if (!(name in defaults) || argv[i + 1] === undefined) {
      throw new Error(`unknown or empty option ${argv[i]}; known: ${Object.keys(defaults).join(", ")}`);
    }
    options[name] = typeof defaults[name] === "number" ? Number(argv[i + 1]) : argv[i + 1];
  }
  return options;
}

async function json_of(request) {
  const pieces = [];
  let bytes = 0;
  for await (const piece of request) {
    bytes += piece.length;
    if (bytes > body_bytes_max) throw new refusal(413, "too_large", `at most ${body_bytes_max} bytes`);
    pieces.push(piece);
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString("utf8"));
  } catch (problem) {
    throw new refusal(400, "invalid_json", `the body is no JSON: ${problem.message}`);
  }
}

/** Writes events of a stream; waits for slow readers. */
export class event_stream {
  constructor(response) {
    this.response = response;
    response.writeHead(200, {"content-type": "text/event-stream", "cache-control": "no-cache"});
  }
  async send(value) {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    if (this.response.write(`data: ${text}\n\n`) || this.response.destroyed) return;
    await new Promise((resume) => {
      const go_on = () => {
        this.response.off("drain", go_on);
        this.response.off("close", go_on);
        resume();
      };
      this.response.on("drain", go_on);
      this.response.on("close", go_on);
    });
  }
  async end() {
    await this.send("[DONE]");
    this.response.end();
  }
}

function answer(response, status, value, headers = {}) {
  if (response.headersSent) return response.destroy();
  response.writeHead(status, {"content-type": "application/json", ...headers}).end(JSON.stringify(value));
}

/**
 * Serves `routes`: "POST /v1/chat/completions" → async (body, response, request) that returns a value to be sent as
 * JSON, or nothing when it has written itself. With a key, all but /healthz want it. The first line printed is the
 * address.
 */
export function serve({port, key}, routes) {
  const server = createServer(async (request, response) => {
    try {
      const path = new URL(request.url, "http://loopback").pathname;
      if (key && path !== "/healthz" && request.headers.authorization !== `Bearer ${key}`) {
        throw new refusal(401, "invalid_api_key", "Incorrect API key provided");
      }
      const route = routes[`${request.method} ${path}`];
      if (!route) throw new refusal(404, "unknown_url", `Unknown request URL: ${request.method} ${path}`);
      const body = request.method === "POST" ? await json_of(request) : null;
      const value = await route(body, response, request);
      if (value !== undefined) answer(response, 200, value);
    } catch (problem) {
      if (!(problem instanceof refusal)) {
        console.error(problem);
        problem = new refusal(500, "internal_error", String(problem.message));
      }
      answer(response, problem.status, problem.body(), problem.headers);
    }
  });
  server.listen(port, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
}
