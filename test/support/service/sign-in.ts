/**
 * Signs somebody in without a browser: through the console's doors and the identity provider of `npm start`, every redirect followed
 * by hand and every cookie kept apart by host.
 */
type Jar = Map<string, string>;

/** The session's cookie, or null where the sign-in led to none. `page` is the sign-in address, by its path. */
export async function sessionOf({ base }: { base: string }, page: string, person: string): Promise<string | null> {
  const jars = new Map<string, Jar>();
  let url = new URL(`${page}/go`, base);
  for (let step = 0; step < 12; step += 1) {
    const jar = jars.get(url.origin) ?? new Map<string, string>();
    jars.set(url.origin, jar);
    const chooses = url.pathname.startsWith("/choose/");
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const sent = chooses ? { method: "POST", body: new URLSearchParams({ account: person }) } : {};
    const answer = await fetch(url, { ...sent, redirect: "manual", headers: { cookie } });
    await answer.arrayBuffer();
    for (const each of answer.headers.getSetCookie()) keep(jar, each);
    const own = [...(jars.get(new URL(base).origin) ?? [])];
    const session = own.find(([name, value]) => SESSIONS.includes(name) && value !== "");
    if (session !== undefined) return session.join("=");
    const to = answer.headers.get("location");
    if (to === null) return null;
    url = new URL(to, url);
  }
  throw new Error("the sign-in went round in circles");
}

/** The cookies of a tenant's console and of the operators'. */
const SESSIONS = ["__Host-maskline_console", "__Host-maskline_operator"];

function keep(jar: Jar, cookie: string): void {
  const [pair = ""] = cookie.split(";");
  const at = pair.indexOf("=");
  jar.set(pair.slice(0, at), pair.slice(at + 1));
}
