/**
 * The page at `/`: what this service is, and where to go from here.
 */
import { pageResponse } from "../contract/page.ts";
import { bare } from "./look/frame.tsx";
import { Icon } from "./look/parts.tsx";
import type { IconName } from "../look/icons.ts";

const TILES: readonly { icon: IconName; href: string; title: string; says: string }[] = [
  {
    icon: "phone",
    href: "/handset",
    title: "The sandbox’s handset",
    says: "Two phones that receive what you send. Nothing there reaches anybody.",
  },
  { icon: "book", href: "/docs", title: "API reference", says: "Every route, with a request that works." },
  { icon: "info", href: "/errors", title: "Errors", says: "What each code means, and what to do about it." },
];

/** The landing page. */
export function landing(): Response {
  const main = (
    <main class="landing" id="main">
      <h1>SMS for your platform, without the numbers.</h1>
      <p class="lead">
        A phone number goes in once, and what comes back is a token. Texts, one-time codes and masked conversations go
        out; every step can be shown.
      </p>
      <a class="button" href="/console">
        Open the console
        <Icon name="arrow" />
      </a>
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
  const response = pageResponse(bare("SMS without the numbers", main));
  response.headers.set("vary", "accept");
  return response;
}
