// The browser for the tests of pages: the machine's Chromium, or Debian's if it can be installed.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const installSecondsMax = 240;

const places = [
  process.env.MASKLINE_CHROMIUM ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** Where Chromium is, or undefined. */
export function chromiumPath() {
  return places.find((place) => place !== "" && existsSync(place));
}

/**
 * Installs Debian's Chromium if there is none and this runs as root; otherwise says that the tests of pages are
 * skipped.
 */
export function ensureChromium() {
  if (chromiumPath() !== undefined) return;
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    console.log("Installing Debian's Chromium for the tests of pages (once; it takes up to a minute) …");
    const apt = (...args) =>
      spawnSync("/usr/bin/apt-get", ["-qq", ...args], {
        env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
        timeout: installSecondsMax * 1000,
      });
    apt("update");
    apt("install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core");
  }
  if (chromiumPath() === undefined)
    console.log(
      "No Chromium here, so the tests that need a browser are skipped.\n" +
        "Install one (Debian: `apt-get install chromium`), or name yours in MASKLINE_CHROMIUM.",
    );
}
