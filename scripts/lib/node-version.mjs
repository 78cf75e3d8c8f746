// The first import of every script: a Node that is too old is told so in one line, before anything else is loaded.
// Imports nothing, and is written in the syntax of Node 12, so that an old Node can read it.

export const nodeMajorMin = 20;

/** What an owner of this Node is told; null when it is new enough. */
export function tooOld(version) {
  if (Number(version.split(".")[0]) >= nodeMajorMin) return null;
  return `Maskline needs Node ${nodeMajorMin} or later; this is Node ${version}. Install a newer one (https://nodejs.org) and run this again.`;
}

const trouble = tooOld(process.versions.node);
if (trouble !== null) {
  console.error(trouble);
  process.exit(1);
}
