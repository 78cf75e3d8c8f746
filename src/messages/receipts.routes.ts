/**
 * Where carriers call back. The path's MAC is checked before anything is woken; then the account's courier checks the
 * carrier's signature over the raw bytes; then the tenant settles, if the message was given to that very account. Unknown and
 * late reports are answered 200, because a carrier would only repeat them.
 */
import { isCallbackMac, type DoorKeys } from "../access/api-key.ts";
import { readWholeAtMost } from "../base/bounded.ts";
import { parseId, type Owner } from "../base/ids.ts";
import { isRefused, refuse, type Outcome } from "../base/refusal.ts";
import type { Report } from "../carriers/carrier.ts";

export type ReceiptDeps = {
  door: DoorKeys;
  verify: (
    account: string,
    callback: { message: string; headers: Record<string, string>; body: Uint8Array },
  ) => Promise<Outcome<Report[]>>;
  settle: (owner: Owner, account: string, reports: Report[]) => Promise<number>;
};

/** A receipt is a few hundred bytes. */
const RECEIPT_BYTES_MAX = 16 * 1_024;

/** Reads and applies one callback; answers how many states it changed. */
export async function receiveReceipt(
  deps: ReceiptDeps,
  account: string,
  name: string,
  request: Request,
): Promise<Outcome<number>> {
  const [message = "", mac = ""] = name.split(".", 2);
  const owner = parseId(message);
  if (owner === null || owner.prefix !== "msg" || parseId(account)?.prefix !== "car") return refuse("not_found");
  if (!isCallbackMac(deps.door, account, message, mac)) return refuse("not_found");
  const body = await readWholeAtMost(request, RECEIPT_BYTES_MAX);
  if (body === null) return refuse("body_too_large", { detail: `A receipt has at most ${RECEIPT_BYTES_MAX} bytes.` });
  const headers = Object.fromEntries([...request.headers].filter(([header]) => !header.startsWith("cf-")));
  const verified = await deps.verify(account, { message, headers, body });
  if (isRefused(verified)) return verified;
  return { ok: await deps.settle({ jurisdiction: owner.jurisdiction, code: owner.code }, account, verified.ok) };
}
