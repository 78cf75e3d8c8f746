/**
 * The operators' routes for virtual numbers: import, search, buy, release and list.
 */
import { z } from "zod";
import { EXAMPLE_TENANT, EXAMPLE_TIME, exampleId } from "../contract/example.ts";
import { parseId, parseTenantId, type Jurisdiction } from "../base/ids.ts";
import { Label } from "../contract/label.ts";
import { isRefused, refuse } from "../base/refusal.ts";
import { SHOP_TYPES } from "../carriers/carrier.ts";
import { CAPABILITIES } from "../numbers/number.ts";
import { IMPORT_MAX, rowsOfCsv } from "../numbers/stock.ts";
import { limitUpTo, numberCursor, pageOf } from "../contract/list.ts";
import { doorsOver, IdParam, JURISDICTION, type OperatorRouteOf } from "../contract/operator-route.ts";
import type { OperatorVerbs } from "../rpc/operator.ts";

const door = doorsOver<OperatorVerbs>();

const Price = z.strictObject({ amount: z.int().min(0), currency: z.string().regex(/^[A-Z]{3}$/) });
const STOCK_STATES = ["held", "ordering", "unknown", "releasing"] as const;
const stock = {
  id: z.string(),
  number: z.string(),
  tenant: z.string().nullable().meta({ description: "The tenant that has it; null: shared stock that is not lent." }),
  shared: z.boolean().meta({ description: "Whether it is shared stock, lent to tenants' pools." }),
  state: z.enum(STOCK_STATES),
  account: z.string(),
  country: z.string(),
  kind: z.string(),
  capabilities: z.array(z.enum(CAPABILITIES)),
  price: z.object({ amount: z.int(), currency: z.string() }).nullable(),
  tags: z.array(z.string()),
  created_at: z.string(),
};
const EXAMPLE = {
  id: exampleId("num"),
  number: "+447700900871",
  tenant: EXAMPLE_TENANT,
  shared: false,
  state: "held" as const,
  account: exampleId("car"),
  country: "GB",
  kind: "drama",
  capabilities: ["sms" as const],
  price: { amount: 1_000_000, currency: "GBP" },
  tags: [],
  created_at: EXAMPLE_TIME,
};
export const StockView = z.object(stock).meta({ id: "StockNumber", examples: [EXAMPLE] });
const code = z.string().nullable().meta({ description: "The carrier's code when it did not do what was asked." });
const OrderView = z
  .object({ ...stock, code, inbound_set: z.boolean().nullable() })
  .meta({ id: "NumberOrder", examples: [{ ...EXAMPLE, code: null, inbound_set: true }] });
const ReleaseView = z
  .object({ ...stock, state: z.enum([...STOCK_STATES, "released"]), code })
  .meta({ id: "ReleasedNumber", examples: [{ ...EXAMPLE, state: "released", code: null }] });
const OfferView = z
  .object({
    number: z.string(),
    account: z.string(),
    country: z.string(),
    capabilities: z.array(z.enum(CAPABILITIES)),
    price: z.object({ amount: z.int(), currency: z.string() }).nullable(),
  })
  .meta({
    id: "NumberOffer",
    examples: [{ number: "+447700900871", account: exampleId("car"), country: "GB", capabilities: ["sms"], price: { amount: 1_250_000, currency: "EUR" } }], // prettier-ignore
  });

/** The jurisdiction of a number: its tenant's, or its account's for shared stock. */
function placeOf(tenant: string | null, account: string): Jurisdiction | null {
  return (tenant === null ? parseId(account) : parseTenantId(tenant))?.jurisdiction ?? null;
}

const BuyBody = z
  .strictObject({
    tenant: z.string().max(16).nullable().meta({ description: "The tenant to give it to; null: shared stock." }),
    account: z.string().max(64),
    number: z.string().min(1).max(40),
    capabilities: z.array(z.enum(CAPABILITIES)).min(1).max(3).default(["sms"]),
    price: Price.nullable().default(null).meta({ description: "Per month, as the search answered." }),
    tags: z.array(Label).max(20).default([]),
  })
  .meta({ id: "BuyNumber" });

const SearchBody = z
  .strictObject({
    account: z.string().max(64),
    country: z.string().regex(/^[A-Z]{2}$/),
    type: z.enum(SHOP_TYPES).default("mobile"),
    contains: z
      .string()
      .regex(/^\d{1,15}$/)
      .nullable()
      .default(null)
      .meta({ description: "Digits anywhere in the number." }),
    limit: z.int().min(1).max(50).default(20),
  })
  .meta({ id: "SearchNumbers" });

const ImportBody = z
  .strictObject({
    tenant: z.string().max(16).nullable().meta({ description: "The tenant to give them to; null: shared stock." }),
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

export const numberStockRoutes: OperatorRouteOf<OperatorVerbs>[] = [
  door({
    method: "post",
    path: "/admin/v1/numbers",
    verb: "numbers.import",
    summary: "Give virtual numbers to a tenant, or to the shared stock",
    detail: "Shared stock is lent in blocks to pools with `lease`, of every tenant whose environment fits the account.",
    body: ImportBody,
    status: 201,
    answer: z.object({ data: z.array(StockView), added: z.int() }),
    refuses: ["not_found", "state_conflict"],
    example: {
      tenant: EXAMPLE_TENANT,
      numbers: [{ number: "+447700900871", account: exampleId("car"), price: { amount: 1_000_000, currency: "GBP" } }],
    },
    ask: ({ body }) => {
      if ((body.numbers === undefined) === (body.csv === undefined))
        return refuse("invalid_field", {
          errors: [{ field: "numbers", code: "invalid_field", detail: "Send either `numbers` or `csv`." }],
        });
      const rows = body.csv === undefined ? { ok: body.numbers ?? [] } : rowsOfCsv(body.csv);
      if (isRefused(rows)) return rows;
      const where = placeOf(body.tenant, rows.ok[0]?.account ?? "");
      return where === null ? refuse("not_found") : { ok: { where, input: { tenant: body.tenant, rows: rows.ok } } };
    },
  }),
  door({
    method: "post",
    path: "/admin/v1/numbers/search",
    verb: "numbers.search",
    summary: "Search a carrier's numbers for sale",
    detail: "At accounts of the kinds `twilio`, `vonage` and `telnyx`. Twilio's search has no prices.",
    body: SearchBody,
    status: 200,
    answer: z.object({ data: z.array(OfferView) }),
    refuses: ["not_found", "carrier_refused"],
    example: { account: exampleId("car"), country: "GB", type: "mobile", contains: "900" },
    ask: ({ body: { account, ...wish } }) => {
      const where = placeOf(null, account);
      return where === null ? refuse("not_found") : { ok: { where, input: { account, wish } } };
    },
  }),
  door({
    method: "post",
    path: "/admin/v1/numbers/buy",
    verb: "numbers.buy",
    summary: "Buy a number from a carrier",
    detail:
      "For a tenant or the shared stock. Its texts are sent to this service if the carrier's API can set that (`inbound_set`). `state` `unknown`: the carrier's answer was lost. Ask again with another Idempotency-Key: the carrier is asked first whether the account has the number.",
    body: BuyBody,
    status: 201,
    answer: OrderView,
    refuses: ["not_found", "state_conflict", "carrier_refused"],
    example: { tenant: EXAMPLE_TENANT, account: exampleId("car"), number: "+447700900871", price: { amount: 1_250_000, currency: "EUR" } }, // prettier-ignore
    ask: ({ body: { tenant, ...row } }) => {
      const where = placeOf(tenant, row.account);
      return where === null ? refuse("not_found") : { ok: { where, input: { tenant, row } } };
    },
  }),
  door({
    method: "post",
    path: "/admin/v1/numbers/{id}/release",
    verb: "numbers.release",
    summary: "Release a number",
    detail:
      "Taken from its tenant, unless it is in use or in its cool-off, then released at the carrier. `state` `releasing`: the carrier's answer was lost; ask again.",
    params: IdParam,
    status: 200,
    answer: ReleaseView,
    refuses: ["not_found", "state_conflict", "carrier_refused"],
    ask: ({ params: { id } }) => {
      const named = parseId(id);
      return named?.prefix === "num" ? { ok: { where: named.jurisdiction, input: { id } } } : refuse("not_found");
    },
  }),
  door({
    method: "get",
    path: "/admin/v1/numbers",
    verb: "numbers.list",
    summary: "List virtual numbers with their owners",
    query: z.strictObject({
      jurisdiction: JURISDICTION.default("eu"),
      tenant: z.string().max(16).optional(),
      limit: limitUpTo(500, 100),
      cursor: numberCursor(),
    }),
    status: 200,
    answer: pageOf(StockView),
    refuses: ["invalid_cursor"],
    ask: ({ query: { jurisdiction, tenant, limit, cursor } }) => ({
      ok: { where: jurisdiction, input: { tenant: tenant ?? null, limit, offset: Number(cursor ?? 0) } },
    }),
  }),
];
