/**
 * The page at `/`: what this service is, and where to go from here.
 */
import { pageResponse } from "../contract/page.ts";
import { pageOf, Top } from "../look/document.tsx";
import { Icon } from "./look/parts.tsx";
import type { IconName } from "../look/icons.ts";

const TILES: readonly { icon: IconName; href: string; title: string; says: string }[] = [
  {
    icon: "send",
    href: "/console/send",
    title: "Send & try",
    says: "Send a text and see it arrive on a phone beside the form.",
  },
  {
    icon: "phone",
    href: "/handset",
    title: "The handset",
    says: "Two phones of the sandbox, side by side. Nothing there reaches anybody.",
  },
  { icon: "book", href: "/docs", title: "API reference", says: "Every route, with a request that works." },
  { icon: "info", href: "/errors", title: "Errors", says: "What each code means, and what to do about it." },
];

/** What it is, in a sentence and in one exchange. */
function Hero() {
  return (
    <div class="hero">
      <div>
        <h1>SMS for your platform, without the numbers.</h1>
        <p class="lead">
          A phone number goes in once, and what comes back is a token. Texts, one-time codes and masked conversations go
          out; every step can be shown.
        </p>
        <div class="buttons">
          <a class="button" href="/console">
            Open the console
            <Icon name="arrow" />
          </a>
          <a class="button quiet" href="/docs">
            Read the API
          </a>
        </div>
      </div>
      <div class="exchange">
        <figure class="exchange-part">
          <figcaption>
            <Icon name="send" />
            You send, once
          </figcaption>
          <pre>
            {`POST /v1/messages\n{ "to": "`}
            <mark>+447700900123</mark>
            {`",\n  "purpose": "service",\n  "text": "Your shift on Friday is confirmed." }`}
          </pre>
        </figure>
        <figure class="exchange-part">
          <figcaption>
            <Icon name="lock" />
            You keep
          </figcaption>
          <pre>
            {`{ "to": {\n    "token": "`}
            <mark>tok_edxzht15…</mark>
            {`",\n    "mask": "`}
            <mark>+44•••••••23</mark>
            {`" },\n  "state": "delivered" }`}
          </pre>
        </figure>
      </div>
    </div>
  );
}

/** The landing page. */
export function landing(): Response {
  const main = (
    <main class="landing" id="main">
      <Hero />
      <ul class="plain tiles">
        {TILES.map(({ icon, href, title, says }) => (
          <li class="tile">
            <Icon name={icon} />
            <h2>
              <a href={href}>{title}</a>
            </h2>
            <p>{says}</p>
          </li>
        ))}
      </ul>
    </main>
  );
  const head = (
    <Top>
      <a href="/docs">API reference</a>
      <a href="/console">Console</a>
    </Top>
  );
  const response = pageResponse(
    pageOf(
      "SMS without the numbers",
      { styles: ["/console/console.css"] },
      <>
        {head}
        <div class="centred">{main}</div>
      </>,
    ),
  );
  response.headers.set("vary", "accept");
  return response;
}
