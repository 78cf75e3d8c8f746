// TypeScript with its comments and the insides of its texts blanked, so that a law about code reads only code.
// Line numbers stay. What stands in `${…}` is code and stays too.

/** Blanks comments and texts of a source file. */
export function codeOnly(source: string): string {
  let out = "";
  let at = 0;
  const open: ("{" | "`")[] = []; // braces and the templates they stand in
  const blank = (length: number) => {
    out += source.slice(at, at + length).replace(/[^\n]/g, " ");
    at += length;
  };
  while (at < source.length) {
    const rest = source.slice(at);
    const skipped =
      /^\/\/[^\n]*|^\/\*[^]*?\*\//.exec(rest) ??
      /^"(?:\\[^]|[^"\\\n])*"|^'(?:\\[^]|[^'\\\n])*'/.exec(rest) ??
      (mayBeginRegex(out) ? /^\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+\/[a-z]*/.exec(rest) : null);
    const head = source[at] ?? "";
    if (skipped) blank(skipped[0].length);
    else if (head === "`" || (head === "}" && open.at(-1) === "`")) {
      if (head === "}") open.pop();
      blank(1);
      blank(/^(?:\\[^]|\$(?!\{)|[^`\\$])*/.exec(source.slice(at))?.[0].length ?? 0);
      if (source[at] === "$") open.push("`");
      blank(source[at] === "$" ? 2 : 1);
    } else {
      if (head === "{") open.push("{");
      if (head === "}") open.pop();
      out += head;
      at += 1;
    }
  }
  return out;
}

/** After a value a slash divides; elsewhere it begins a pattern. */
function mayBeginRegex(before: string): boolean {
  return /(?:^|[=(,:;[!&|?{}<>+\-*%~^]|=>|\b(?:return|typeof|case|of|in))\s*$/.test(before.slice(-40));
}
