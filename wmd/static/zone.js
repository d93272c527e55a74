// Tells the server once in which zone the reader lives, so that every page comes in their own time.
// A cookie that is there already (the reader's own choice) or a zone in the address is left alone.
const { zone, zoneSource } = document.documentElement.dataset;
const own = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
const isKept = () => /(?:^|;\s*)wmd_zone=/.test(document.cookie);
const isNamed = new URLSearchParams(location.search).has("tz");

if (zone && /^[\w+/-]{1,64}$/.test(own) && !isKept() && !isNamed) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `wmd_zone=${own}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  // Where cookies are refused the page stays as it is: no reload without a kept cookie, hence never a second one.
  if (zoneSource === "default" && zone !== own && isKept()) location.reload();
}
