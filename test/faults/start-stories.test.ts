// The stories of `npm start`, played against the built Worker: what a new user sees first has to be true, at every start.
import { expect, it } from "vitest";
import { client } from "../../scripts/lib/client.mjs";
import { playMaskedStory, seedNumbers } from "../../scripts/lib/masked-story.mjs";
import { playStory } from "../../scripts/lib/story.mjs";
import { setUp } from "../support/run/set-up.ts";
import { Service } from "../support/service/running.ts";

let service: Service;
setUp(async (use) => {
  service = await use(Service.start());
});

it.each(["eu", "us"] as const)(
  "both stories can be played at every start, and the second goes on by hand (%s)",
  async (jurisdiction) => {
    const { id } = await service.admin<{ id: string }>("POST /admin/v1/tenants", {
      name: "start",
      jurisdiction,
      environment: "sandbox",
    });
    const { secret } = await service.admin<{ secret: string }>(`POST /admin/v1/tenants/${id}/keys`, {
      name: "k",
      scopes: ["*"],
    });
    const call = client(service.base, secret);
    const admin = client(service.base, service.secrets.ADMIN_TOKEN);

    let story = { session_id: "", person: "", proxy: "" };
    for (let start = 1; start <= 3; start += 1) {
      const told: string[] = [];
      const print = (line: string) => void told.push(line);
      await playStory(call, print);
      const pool = await seedNumbers(call, admin, id);
      story = await playMaskedStory(call, pool, print);
      expect(told.join("\n")).toContain("no number, no text");
    }
    expect((await call("GET /v1/numbers")).data).toHaveLength(6);
    expect((await call("GET /v1/pools")).data).toHaveLength(1);
    expect((await call("GET /v1/sessions?state=open")).data).toHaveLength(1);

    const body = { number: story.person, to: story.proxy, text: "I am at the door." };
    const texted = await call("POST /v1/sandbox/handset/messages", { body, expect: 202 });
    expect(texted.state).toBe("relayed");
  },
);
