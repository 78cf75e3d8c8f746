/**
 * Send and try: what a text would become, sending it, and in a sandbox the phones of the handset beside it, which show it arrive and
 * answer. A number that was typed comes back on no page: the answer shows its mask. The phones show drama numbers and their texts, as the
 * handset does, to who may use the sandbox.
 */
import type { z } from "zod";
import { isRefused, REASONS, type Refusal } from "../../base/refusal.ts";
import { makeNonce } from "../../contract/page.ts";
import { MessageView, PreviewView } from "../../messages/schemas.ts";
import { findNumbers } from "../../sms/phone.ts";
import { PURPOSES } from "../../sms/purpose.ts";
import { Facts, Field, Head, hrefOf, Icon, Money, Notice, State } from "../look/parts.tsx";
import { fieldOf, type PageRow, type Shown, type Visit } from "../visit.ts";
import { answerAsPerson, panelOf, PhonePanel, seesPhones } from "./send-phones.tsx";

type Preview = z.output<typeof PreviewView>;
type Message = z.output<typeof MessageView>;
type Result = { preview: Preview } | { wrong: Refusal } | null;

const PATH = "/console/send";

export const sendPages: PageRow[] = [
  {
    path: PATH,
    title: "Send & try",
    scope: "messages:send",
    nav: { group: "Build", icon: "send" },
    get: (visit) => page(visit, null),
    post: act,
  },
];

async function act(visit: Visit): Promise<Shown> {
  const { ask, form } = visit;
  if (form.get("do") === "answer") {
    const answered = await answerAsPerson(visit, PATH);
    return "refused" in answered ? page({ ...visit, form: new URLSearchParams() }, null, answered) : answered;
  }
  const to = fieldOf(form, "to") ?? "";
  const from = fieldOf(form, "from");
  const body = {
    to: to.startsWith("tok_") ? { token: to } : to,
    purpose: fieldOf(form, "purpose"),
    text: form.get("text") ?? "",
    ...(from === undefined ? {} : { from }),
  };
  if (form.get("do") !== "send") {
    const preview = await ask("messages.preview", { body }, PreviewView);
    return page(visit, isRefused(preview) ? { wrong: preview } : { preview: preview.ok });
  }
  const once = fieldOf(form, "once");
  const sent = await ask("messages.send", { body, ...(once === undefined ? {} : { once }) }, MessageView);
  if (isRefused(sent)) return page(visit, { wrong: sent });
  return { goTo: seesPhones(visit) ? hrefOf(PATH, { sent: sent.ok.id }) : `/console/messages/${sent.ok.id}` };
}

/** What was typed, unless it holds a number: no answer repeats one. */
const echo = (text: string | undefined): string => (text === undefined || findNumbers(text).length > 0 ? "" : text);

/** `unsaid`: why the person of a phone could not send. */
async function page(visit: Visit, result: Result, unsaid: Refusal | null = null): Promise<Shown> {
  const panel = await panelOf(visit);
  if (panel !== null && "refused" in panel) return panel;
  const sent = await sentOf(visit);
  const refused = unsaid ?? (result !== null && "wrong" in result ? result.wrong : null);
  const sandbox = visit.present.environment === "sandbox";
  return {
    title: "Send & try",
    ...(refused === null ? {} : { status: REASONS[refused.refused].status }),
    main: (
      <>
        <Head title="Send & try" says={sandbox ? SAYS.sandbox : SAYS.live}>
          {sandbox ? (
            <a class="button quiet" href="/handset">
              <Icon name="phone" />
              Open the handset
            </a>
          ) : null}
        </Head>
        <div class={panel === null ? "two" : "with-phone"}>
          <div class="stack">
            <div id="sent" data-live>
              {sent === null ? null : <Sent message={sent} />}
            </div>
            <section class="card" aria-labelledby="what">
              <h2 id="what">A text</h2>
              <SendForm visit={visit} wrong={unsaid === null ? refused : null} sandbox={sandbox} />
            </section>
            {panel === null ? null : <Would result={result} />}
          </div>
          {panel === null ? (
            <Would result={result} />
          ) : (
            <PhonePanel panel={panel} path={PATH} wrong={unsaid === null ? null : sentenceOf(unsaid)} />
          )}
        </div>
      </>
    ),
  };
}

const SAYS = {
  sandbox: "In the sandbox nothing reaches anybody: what you send arrives on a phone of the handset.",
  live: "This account is live: what you send here goes out and costs money.",
};

/** The message that was just sent; null where the page does not come from sending one. */
async function sentOf({ ask, query }: Visit): Promise<Message | null> {
  const id = /^msg_\w{1,60}$/.exec(query["sent"] ?? "")?.[0];
  if (id === undefined) return null;
  const message = await ask("messages.get", { params: { id } }, MessageView);
  return isRefused(message) ? null : message.ok;
}

function Sent({ message }: { message: Message }) {
  return (
    <Notice tone="good">
      <strong>Sent</strong> to {message.to.mask}: <State of={message.state} />{" "}
      <a href={`/console/messages/${message.id}`}>Follow this message</a>
      <a class="to-phone" href="#phones">
        {" "}
        See it on the phone
      </a>
    </Notice>
  );
}

const sentenceOf = (refusal: Refusal): string =>
  refusal.errors?.map((error) => error.detail).join(" ") ?? refusal.detail ?? REASONS[refusal.refused].detail;

function Would({ result }: { result: Result }) {
  return (
    <section class="card" id="result" aria-labelledby="would" aria-live="polite">
      <h2 id="would">What it would become</h2>
      <Outcome result={result} />
    </section>
  );
}

const TO_HINT =
  "A drama number, 07700 900000 to 900999, or a token. A page never repeats a number, so type it again after a mistake.";
const FROM_HINT = "A sender name of up to 11 characters, or a number of yours.";

/** What a first text may be, so that one click sends it; the number is ours, one of Ofcom's for drama. */
const FIRST = { to: "07700 900123", text: "Your parcel arrives today between 2 and 3 pm." };

function SendForm({ visit: { form }, wrong, sandbox }: { visit: Visit; wrong: Refusal | null; sandbox: boolean }) {
  const first = sandbox && [...form.keys()].length === 0 ? FIRST : null;
  const at = (field: string) => wrong?.errors?.find((error) => error.field === field)?.detail;
  const typed = (name: string) => echo(form.get(name) ?? undefined);
  const control = (name: string) => ({
    id: name,
    name,
    ...(at(name) === undefined ? {} : { "aria-invalid": "true" as const }),
  });
  return (
    <form class="fields" method="post" action={PATH} data-preview="result">
      <input type="hidden" name="once" value={makeNonce()} />
      <Field id="to" label="To" wrong={at("to")} hint={sandbox ? TO_HINT : "A number in E.164, or a token."}>
        <input
          {...control("to")}
          required
          autocomplete="off"
          inputmode="tel"
          value={first?.to}
          aria-describedby="to-hint"
        />
      </Field>
      <Field id="purpose" label="Purpose">
        <select {...control("purpose")}>
          {PURPOSES.filter((each) => each !== "otp").map((each) => (
            <option value={each} selected={each === form.get("purpose")}>
              {each}
            </option>
          ))}
        </select>
      </Field>
      <Field id="text" label="Text" wrong={at("text")}>
        <textarea {...control("text")} required maxlength={1600} dir="auto">
          {first?.text ?? typed("text")}
        </textarea>
      </Field>
      <Field id="from" label="From (may be left out)" wrong={at("from")} hint={FROM_HINT}>
        <input
          {...control("from")}
          maxlength={16}
          autocomplete="off"
          value={typed("from")}
          aria-describedby="from-hint"
        />
      </Field>
      <div class="buttons">
        <button type="submit" name="do" value="send">
          <Icon name="send" />
          Send
        </button>
        <button class="quiet" type="submit" name="do" value="preview">
          Preview
        </button>
      </div>
    </form>
  );
}

function Outcome({ result }: { result: Result }) {
  if (result === null)
    return <p class="soft">“Preview” shows parts, price, route and whether it would be accepted, and sends nothing.</p>;
  if ("wrong" in result) {
    const { title, detail } = REASONS[result.wrong.refused];
    return (
      <Notice tone="bad">
        <strong>{title}.</strong>{" "}
        {result.wrong.errors?.map((error) => error.detail).join(" ") ?? result.wrong.detail ?? detail}{" "}
        <a href={`/errors/${result.wrong.refused}`}>More about it</a>
      </Notice>
    );
  }
  const { preview } = result;
  return (
    <Facts
      of={[
        ["Would be", <State of={preview.would} tone={preview.would === "accepted" ? "good" : "bad"} />],
        preview.reasons.length === 0 ? null : ["Because", preview.reasons.join(", ").replaceAll("_", " ")],
        ["Parts", `${preview.segments} in ${preview.encoding === "gsm7" ? "GSM-7" : "UCS-2"}`],
        ["Price", <Money of={preview.price} />],
        ["Kind of number", preview.number_kind.replaceAll("_", " ")],
        ["Sender", <bdi>{preview.sender ?? "chosen by the carrier"}</bdi>],
        [
          "Goes first by",
          preview.route === null ? <span class="soft">no account</span> : <code class="id">{preview.route}</code>,
        ],
        preview.replacements.length === 0
          ? null
          : [
              "Could be shorter",
              <ul class="plain">
                {preview.replacements.map(({ from, to, count }) => (
                  <li>
                    <bdi>{from}</bdi> as <bdi>{to}</bdi>, {count} {count === 1 ? "time" : "times"}
                  </li>
                ))}
              </ul>,
            ],
      ]}
    />
  );
}
