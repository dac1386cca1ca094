// How a script of clients runs: steps by name, one line of JSON at the end.

export const [, , base_url, model, ...wanted] = process.argv;
export const token = process.env.CALLER_TOKEN ?? "none";

/** The tool that clients bring along. */
export const weather = {
  name: "get_weather",
  description: "the weather of a city",
  parameters: {type: "object", properties: {city: {type: "string"}}, required: ["city"], additionalProperties: false},
};
export const weather_in = (city) => String(10 + city.length);

/** A schema that leaves a model little to get wrong. */
export const verdict = {
  type: "object",
  properties: {intent: {type: "string", enum: ["order", "refund"]}, sure: {type: "boolean"}},
  required: ["intent", "sure"],
  additionalProperties: false,
};

/** What there is to see of an error. */
export function seen_problem(problem) {
  const {status, statusCode, code, type, param, message} = problem;
  const name = problem.constructor.name;
  const seen = {name, status: status ?? statusCode, code, type, param, message: message?.split("\n")[0]};
  const retry_after = problem.headers?.get?.("retry-after") ?? problem.responseHeaders?.["retry-after"];
  if (retry_after !== undefined && retry_after !== null) seen.retry_after = retry_after;
  return seen;
}

/** Runs `call`, which must fail: returns what was seen of the error. */
export async function refused(call) {
  try {
    return {answered: await call()};
  } catch (problem) {
    return seen_problem(problem);
  }
}

/** So many calls at once: how many came through, and what the others were told. */
export async function at_once(count, call) {
  const outcomes = await Promise.allSettled(Array.from({length: count}, (_, i) => call(i)));
  const problems = outcomes.filter((one) => one.status === "rejected").map((one) => seen_problem(one.reason));
  return {answered: count - problems.length, refused: problems.length, first: problems[0] ?? null,
          statuses: [...new Set(problems.map((one) => one.status))]};
}

/** Runs the steps that the command line names, or all of them. */
export async function run(steps) {
  if (!base_url || !model) {
    console.error(`URL MODEL [STEP...]; steps: ${Object.keys(steps).join(" ")}`);
    process.exit(2);
  }
  const seen = {};
  for (const name of wanted.length > 0 ? wanted : Object.keys(steps)) {
    try {
      seen[name] = steps[name] ? await steps[name]() : {unknown_step: true};
    } catch (problem) {
      seen[name] = {problem: seen_problem(problem)};
    }
  }
  console.log(JSON.stringify(seen));
}
