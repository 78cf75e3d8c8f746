/**
 * Names that scams are sent in, with the domains that are truly theirs: what a link must not merely look like. Data, and how it is
 * read. Pure.
 */

/** `common`: an ordinary word too, so that it says something only beside a further sign. */
export type Brand = { name: string; domains: readonly string[]; common: boolean; kind: BrandKind };
export type BrandKind = "delivery" | "state" | "bank" | "telecom" | "service" | "shop" | "energy" | "coin";

/** A name, `~` where it is an ordinary word too, its domains behind it. Without domains: `<name>.com` and `<name>.co.uk`. */
const LISTED: Readonly<Record<BrandKind, string>> = {
  delivery: `royal mail=royalmail.com,royalmail.co.uk,royalmailgroup.com; ~evri=evri.com; ~hermes=hermesworld.com,myhermes.co.uk; ~dpd=dpd.co.uk,dpd.com,dpdlocal.co.uk,dpdgroup.co.uk;
    ~dhl=dhl.com,dhl.co.uk; ~ups=ups.com; fedex; ~yodel=yodel.co.uk; parcelforce=parcelforce.com,parcelforce.co.uk; ~usps=usps.com; post office=postoffice.co.uk; ~inpost; collectplus`,
  state: `hmrc=gov.uk; ~gov uk=gov.uk; ~govuk=gov.uk; dvla=gov.uk; ~nhs=nhs.uk; ~dwp=gov.uk; ofgem=gov.uk; tv licensing=tvlicensing.co.uk; ~tv licence=tvlicensing.co.uk; dart charge=gov.uk; dartcharge=gov.uk; ~ulez=tfl.gov.uk; student finance=gov.uk;
    ~slc=gov.uk; home office=gov.uk; ~council tax=gov.uk; ukvi=gov.uk; hmcts=gov.uk; ~self assessment=gov.uk; winter fuel=gov.uk; ~universal credit=gov.uk`,
  bank: `barclays=barclays.co.uk,barclays.com,barclayspartnerfinance.com; barclaycard=barclaycard.co.uk; hsbc=hsbc.co.uk,hsbc.com,hsbcnet.com; lloyds=lloydsbank.com,lloydsbank.co.uk; santander=santander.co.uk,santander.com,santanderconsumer.co.uk; natwest=natwest.com,natwestgroup.com,natwestinvest.com; ~nationwide=nationwide.co.uk; monzo=monzo.com,monzo.me;
    ~halifax=halifax.co.uk,halifax-online.co.uk; revolut=revolut.com,revolut.me; ~starling=starlingbank.com; ~tsb=tsb.co.uk; ~rbs=rbs.co.uk; ~chase=chase.co.uk,chase.com; first direct=firstdirect.com; metro bank=metrobankonline.co.uk; ~american express; paypal=paypal.com,paypal.me,paypal.co.uk; klarna; clearpay; ~wise=wise.com; ~mastercard; bank of scotland=bankofscotland.co.uk; virgin money=virginmoney.com`,
  telecom: `~o2=o2.co.uk,o2.com; ~ee=ee.co.uk; vodafone=vodafone.co.uk,vodafone.com,vodafonethree.com; ~three=three.co.uk; ~bt=bt.com; ~sky=sky.com; virgin media=virginmedia.com,virginmediao2.co.uk,virginmediabusiness.co.uk; giffgaff; talktalk; ~voxi=voxi.co.uk`,
  service: `amazon=amazon.co.uk,amazon.com,amzn.to,amzn.eu,a.co; netflix; spotify=spotify.com,spotify.link; ~apple=apple.com,apple.co; icloud=icloud.com,apple.com; microsoft=microsoft.com,office.com,live.com; office365=office.com,microsoft.com; google=google.com,google.co.uk,goo.gle,g.co; facebook=facebook.com,fb.com,fb.me; ~meta=meta.com;
    instagram=instagram.com,ig.me; whatsapp=whatsapp.com,wa.me; tiktok; ebay=ebay.co.uk,ebay.com; ~disney=disneyplus.com,disney.co.uk; onlyfans; ~tinder; okcupid; snapchat; telegram=telegram.org,t.me; linkedin=linkedin.com,lnkd.in; ~steam=steampowered.com; playstation; ~yahoo; ~outlook=outlook.com,live.com; booking com=booking.com; airbnb=airbnb.co.uk,airbnb.com,abnb.me; vinted; gumtree; ticketmaster; ~uber; ~paramount; ~norton; mcafee; parentpay; docusign; disneyplus=disneyplus.com; ~linktree; applepay=apple.com; ~dropbox; ~discord; ~zoom=zoom.us,zoom.com`,
  shop: `tesco=tesco.com,tescomobile.com,tescobank.com,tescoplc.com,tescoinsurance.com; asda; sainsburys=sainsburys.co.uk,sainsburysbank.co.uk; ~argos; currys; ~boots; ~aldi; ~lidl; morrisons; john lewis=johnlewis.com; costco; ~clubcard=tesco.com; ~nectar; ~admiral; ~aviva; ~dyson; ~marks spencer=marksandspencer.com; ~primark; ~ikea=ikea.com; ~greggs; ~mcdonalds`,
  energy: `british gas=britishgas.co.uk; ~edf=edfenergy.com,edf.co.uk; ~eon=eonenergy.com; ~octopus=octopus.energy; ~ovo=ovoenergy.com; scottish power=scottishpower.co.uk; ~npower; thames water=thameswater.co.uk`,
  coin: `coinbase; binance; ~ledger=ledger.com; metamask=metamask.io; trust wallet=trustwallet.com; ~kraken; ~blockchain; crypto com=crypto.com`,
};

const KINDS = ["delivery", "state", "bank", "telecom", "service", "shop", "energy", "coin"] as const;

function brandOf(line: string, kind: BrandKind): Brand {
  const [named = "", listed = ""] = line.trim().split("=");
  const common = named.startsWith("~");
  const name = common ? named.slice(1) : named;
  const own = name.replaceAll(" ", "");
  return { name, kind, common, domains: listed === "" ? [`${own}.com`, `${own}.co.uk`] : listed.split(",") };
}

/** Every brand. */
export const BRANDS: readonly Brand[] = KINDS.flatMap((kind) =>
  LISTED[kind].split(";").map((line) => brandOf(line, kind)),
);

/** Endings that only public bodies are given. */
const PUBLIC_BODIES =
  /(?:^|\.)(?:gov\.uk|nhs\.uk|police\.uk|ac\.uk|sch\.uk|mod\.uk|parliament\.uk|gov\.wales|gov\.scot)$/;

/** Whether a host is of a domain. */
export const isUnder = (host: string, domain: string): boolean => host === domain || host.endsWith(`.${domain}`);

const OFFICIAL: ReadonlySet<string> = new Set(
  BRANDS.flatMap(({ domains }) => domains).filter((domain) => domain !== "t.me" && domain !== "wa.me"),
);

/** Whether a host is a known name's own, or of a public body. */
export function isOfficial(host: string): boolean {
  if (PUBLIC_BODIES.test(host)) return true;
  for (let at = 0; at >= 0; at = host.indexOf(".", at + 1))
    if (OFFICIAL.has(at === 0 ? host : host.slice(at + 1))) return true;
  return false;
}
