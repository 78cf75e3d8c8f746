/**
 * The operators' doors of virtual numbers: bringing them in for a tenant, and the list of them all.
 */
import { z } from "zod";
import { EXAMPLE_TENANT, EXAMPLE_TIME, exampleId } from "./base/example.ts";
import { parseTenantId } from "./base/ids.ts";
import { Label } from "./base/label.ts";
import { isRefused, refuse } from "./base/refusal.ts";
import { CAPABILITIES } from "./numbers/number.ts";
import { IMPORT_MAX, rowsOfCsv } from "./numbers/stock.ts";
import { door, JURISDICTION, type OperatorRoute } from "./operator-route.ts";

const Price = z.strictObject({ amount: z.int().min(0), currency: z.string().regex(/^[A-Z]{3}$/) });
const StockView = z
  .object({
    number: z.string(),
    tenant: z.string(),
    account: z.string(),
    country: z.string(),
    kind: z.string(),
    capabilities: z.array(z.enum(CAPABILITIES)),
    price: z.object({ amount: z.int(), currency: z.string() }).nullable(),
    tags: z.array(z.string()),
    created_at: z.string(),
  })
  .meta({
    id: "StockNumber",
    examples: [
      {
        number: "+447700900871",
        tenant: EXAMPLE_TENANT,
        account: exampleId("car"),
        country: "GB",
        kind: "drama",
        capabilities: ["sms"],
        price: { amount: 1_000_000, currency: "GBP" },
        tags: [],
        created_at: EXAMPLE_TIME,
      },
    ],
  });

const ImportBody = z
  .strictObject({
    tenant: z.string().max(16),
    numbers: z
      .array(
        z.strictObject({
          number: z.string().min(1).max(40),
          account: z.string().max(64),
          capabilities: z.array(z.enum(CAPABILITIES)).min(1).max(3).default(["sms"]),
          price: Price.nullable().default(null),
          tags: z.array(Label).max(20).default([]),
        }),
      )
      .min(1)
      .max(IMPORT_MAX)
      .optional(),
    csv: z
      .string()
      .max(60_000)
      .optional()
      .meta({ description: "Instead of `numbers`: a header line and a line for each number." }),
  })
  .meta({ id: "ImportNumbers" });

export const numberStockRoutes: OperatorRoute[] = [
  door({
    method: "post",
    path: "/admin/v1/numbers",
    verb: "numbers.import",
    summary: "Give virtual numbers to a tenant",
    body: ImportBody,
    status: 201,
    answer: z.object({ data: z.array(StockView), added: z.int() }),
    refuses: ["not_found", "state_conflict"],
    example: {
      tenant: EXAMPLE_TENANT,
      numbers: [{ number: "+447700900871", account: exampleId("car"), price: { amount: 1_000_000, currency: "GBP" } }],
    },
    ask: ({ body }) => {
      const owner = parseTenantId(body.tenant);
      if (owner === null) return refuse("not_found");
      if ((body.numbers === undefined) === (body.csv === undefined))
        return refuse("invalid_field", {
          errors: [{ field: "numbers", code: "invalid_field", detail: "Send either `numbers` or `csv`." }],
        });
      const rows = body.csv === undefined ? { ok: body.numbers ?? [] } : rowsOfCsv(body.csv);
      if (isRefused(rows)) return rows;
      return { ok: { where: owner.jurisdiction, input: { tenant: body.tenant, rows: rows.ok } } };
    },
  }),
  door({
    method: "get",
    path: "/admin/v1/numbers",
    verb: "numbers.list",
    summary: "List virtual numbers and whose they are",
    query: z.strictObject({
      jurisdiction: JURISDICTION.default("eu"),
      tenant: z.string().max(16).optional(),
      limit: z.coerce.number().int().min(1).max(500).default(100),
      cursor: z.coerce.number().int().min(0).max(10_000_000).default(0),
    }),
    status: 200,
    answer: z.object({ data: z.array(StockView), next_cursor: z.string().nullable() }),
    ask: ({ query: { jurisdiction, tenant, limit, cursor } }) => ({
      ok: { where: jurisdiction, input: { tenant: tenant ?? null, limit, offset: cursor } },
    }),
  }),
];
