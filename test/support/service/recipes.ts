/**
 * What the recipes are tried with: the built Worker, a carrier that takes everything, a tenant, and a key with the scopes that
 * the recipe's page names and no others.
 */
import type { Maskline } from "../../../examples/maskline.ts";
import { CarrierDouble } from "../carriers/carrier-double.ts";
import type { Client, Tenant } from "./client.ts";
import { sharedService } from "./running.ts";
import { ask, codeAt, type Json } from "./codes.ts";

/** The whole surroundings of a recipe. */
export class Stage {
  readonly service: Client;
  readonly carrier: CarrierDouble;
  readonly tenant: Tenant;

  private constructor(service: Client, carrier: CarrierDouble, tenant: Tenant) {
    this.service = service;
    this.carrier = carrier;
    this.tenant = tenant;
  }

  static async start(name: string): Promise<Stage> {
    const carrier = await CarrierDouble.start();
    const service = await sharedService();
    const route = await service.carrier(carrier.account("recipes", () => ({ does: "accept" })));
    return new Stage(service, carrier, await service.tenant(name, [route]));
  }

  async stop(): Promise<void> {
    await this.carrier.stop();
  }

  /** A caller with these scopes alone. */
  async caller(...scopes: string[]): Promise<Maskline> {
    const { body } = await ask(this.tenant, "POST /v1/keys", { name: "recipe", scopes });
    return { url: this.service.base, key: String(body["secret"]) };
  }

  /** The tenant's verifications, newest first. */
  async verifications(): Promise<Json[]> {
    return (await ask(this.tenant, "GET /v1/verifications?limit=100")).body["data"] as Json[];
  }

  /** The code that the newest verification's newest text shows. */
  async newestCode(): Promise<string> {
    const [newest] = await this.verifications();
    if (newest === undefined) throw new Error("no verification was started");
    return codeAt(this.carrier, newest);
  }

  /** The text of a verification's newest send. */
  async textOf(verification: string): Promise<string> {
    const { body } = await ask(this.tenant, `GET /v1/verifications/${verification}`);
    await codeAt(this.carrier, body);
    const message: string = body["sends"].at(-1)["message_id"];
    return this.carrier.calls.find((call) => call.message === message)?.text ?? "";
  }

  async read(verification: string): Promise<Json> {
    return (await ask(this.tenant, `GET /v1/verifications/${verification}`)).body;
  }
}

/** Another code of the same length. */
export const another = (code: string): string => (code.startsWith("1") ? "2" : "1") + code.slice(1);
