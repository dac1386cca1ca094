// Cuts what a model writes, token by token, into text and tool calls, as a provider streams them.

const opening = "<tool_call>";
const closing = "</tool_call>";
const head = /^\s*\{\s*"name":\s*"([^"]*)",\s*"arguments":\s*(?=\S)/;

// The length of the longest end of `text` that may grow into one of `markers`.
function held_back(text, markers) {
  let longest = 0;
  for (const marker of markers) {
    for (let size = Math.min(marker.length - 1, text.length); size > longest; --size) {
      if (marker.startsWith(text.slice(-size))) longest = size;
    }
  }
  return longest;
}

/**
 * Takes text with `feed` and `finish`, both of which return pieces: {text}, {index, name} of a call that begins, or
 * {index, arguments} to be appended to it. `is_done` once a stop text has come.
 */
export class answer_pieces {
  constructor({has_tools, stops}) {
    this.stops = stops;
    this.markers = has_tools ? [...stops, opening] : stops;
    this.rest = "";
    this.state = "text";
    this.calls = 0;
    this.is_done = false;
  }

  feed(text) {
    this.rest += text;
    const pieces = [];
    while (!this.is_done && this[`read_${this.state}`](pieces)) {
    }
    return pieces;
  }

  /** What was held back, and a call that never came to be, is text. */
  finish() {
    if (this.is_done || this.rest === "") return [];
    if (this.state === "text") return [{text: this.rest}];
    return this.state === "head" ? [{text: opening + this.rest}] : [];
  }

  read_text(pieces) {
    let first = {at: this.rest.length, marker: null};
    for (const marker of this.markers) {
      const at = this.rest.indexOf(marker);
      if (at >= 0 && at < first.at) first = {at, marker};
    }
    const end = first.marker ? first.at : this.rest.length - held_back(this.rest, this.markers);
    if (end > 0) pieces.push({text: this.rest.slice(0, end)});
    this.rest = this.rest.slice(end);
    if (!first.marker) return false;
    this.rest = this.rest.slice(first.marker.length);
    if (first.marker === opening) {
      this.state = "head";
    } else {
      this.is_done = true;
    }
    return true;
  }

  read_head(pieces) {
    const found = head.exec(this.rest);
    if (!found) return false;
    pieces.push({index: this.calls, name: found[1]});
    this.rest = this.rest.slice(found[0].length);
    this.state = "arguments";
    this.depth = 0;
    this.in_string = false;
    this.escaped = false;
    return true;
  }

  // Until the braces are closed.
  read_arguments(pieces) {
    let end = 0;
    let closed = false;
    while (end < this.rest.length && !closed) {
      const c = this.rest[end++];
      if (this.escaped) {
        this.escaped = false;
      } else if (this.in_string) {
        if (c === "\\") this.escaped = true;
        if (c === '"') this.in_string = false;
      } else if (c === '"') {
        this.in_string = true;
      } else if (c === "{" || c === "[") {
        ++this.depth;
      } else if (c === "}" || c === "]") {
        closed = --this.depth <= 0;
      }
    }
    if (end > 0) pieces.push({index: this.calls, arguments: this.rest.slice(0, end)});
    this.rest = this.rest.slice(end);
    if (closed) {
      ++this.calls;
      this.state = "tail";
    }
    return closed;
  }

  read_tail() {
    const at = this.rest.indexOf(closing);
    if (at < 0) return false;
    this.rest = this.rest.slice(at + closing.length).trimStart();
    this.state = "text";
    return true;
  }
}
