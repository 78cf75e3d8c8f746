/**
 * The face of the audit: the recorder that every other room is given, and the signed head.
 */
import { room, type Ground } from "../contract/room.ts";
import type { ActingAs, Recorder } from "../contract/record.ts";
import { isFault } from "./chain.ts";
import type { Head } from "./entry.ts";
import { publicKeyText, type HeadSigner } from "./head.ts";
import { AUDIT_TABLE, AuditLedger } from "./ledger.ts";
import { auditVerbs } from "./verbs.ts";

export { headSigner, readHead, type HeadSigner } from "./head.ts";

type AuditGround = Ground & {
  /** Null if the operator has set no signing key. */
  signer: HeadSigner | null;
  /** The head signed last, kept outside the object's storage so that a rolled-back log is not signed. */
  signedBefore: () => Head | null;
  /** Remembers a head that was signed. */
  signed: (head: string) => void;
};

/** The room. */
export const auditRoom = room({
  name: "audit",
  migrations: [{ id: 1, up: [AUDIT_TABLE] }],
  open: ({ sql, ids, now, signer, signedBefore, signed }: AuditGround) => {
    const audit = new AuditLedger(sql);
    let entries = 0;
    let acting: (ActingAs & { id: string }) | null = null;
    const record: Recorder = (actor, { act, subject, reason, facts }) => {
      const at = now();
      const about = subject === null ? null : { type: act.split(".", 1)[0] ?? "thing", id: subject };
      const given = { ...(reason === undefined ? {} : { reason }), ...(facts === undefined ? {} : { facts }) };
      const person = acting !== null && acting.id === actor.id ? { ...actor, ...acting } : actor;
      entries += 1;
      audit.append({ actor: person, act, subject: about, ...given }, at, () => ids.make("aud", at));
    };
    /** Null without a signing key, and when the log contradicts a head that was signed before. */
    const signHead = (): string | null => {
      if (signer === null) return null;
      const before = signedBefore();
      const head = audit.signedHead(signer, before === null ? [] : [before]);
      if (isFault(head)) return null;
      signed(head.ok);
      return head.ok;
    };
    const publicKey = () => (signer === null ? null : publicKeyText(signer));
    return {
      verbs: auditVerbs({ audit, signHead, publicKey, record }),
      steps: [],
      purges: [],
      record,
      /** Runs what a person asked: every entry it makes in their name says in which role and from which page. */
      actingAs: <T>(person: (ActingAs & { id: string }) | null, act: () => T): T => {
        acting = person;
        try {
          return act();
        } finally {
          acting = null;
        }
      },
      /** Entries written since the rooms were built. */
      entries: (): number => entries,
      signHead,
      publicKey,
    };
  },
});
