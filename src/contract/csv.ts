/**
 * A list as CSV (RFC 4180): one line for each row, one column for each field, `latency.p50_ms` for a field within a field. Money is one column,
 * `38000 GBP`, in micro-units.
 */
import { z } from "zod";

const Listed = z.object({ data: z.array(z.record(z.string(), z.unknown())) });
const Money = z.array(z.object({ amount: z.number(), currency: z.string() }));

/** The rows of a list's answer; without rows there is no line, not even one of names. */
export function csvOf(answer: object | null): string {
  const rows = Listed.parse(answer).data.map((row) => new Map(fieldsOf("", row)));
  const names = [...new Set(rows.flatMap((row) => [...row.keys()]))];
  if (names.length === 0) return "";
  const lines = [names, ...rows.map((row) => names.map((name) => row.get(name) ?? ""))];
  return lines.map((line) => `${line.map(cellOf).join(",")}\r\n`).join("");
}

function fieldsOf(before: string, value: Readonly<Record<string, unknown>>): [string, string][] {
  return Object.entries(value).flatMap(([name, field]): [string, string][] => {
    const column = before + name;
    const money = Money.safeParse(field);
    if (money.success) return [[column, money.data.map(({ amount, currency }) => `${amount} ${currency}`).join("; ")]];
    const within = z.record(z.string(), z.unknown()).safeParse(field);
    return within.success ? fieldsOf(`${column}.`, within.data) : [[column, textOf(field)]];
  });
}

/** A single value; a list other than money has no text. */
const textOf = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? `${value}` : "";

/** Quoted where it must be; a text that a spreadsheet would run is made a text. */
function cellOf(text: string): string {
  const plain = /^[=+@\t\r-]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
