"use strict";

// The key to decide stands behind the # of the address that was opened, and nowhere else. It leaves the address bar at once; the
// pages that are opened in the same tab find it there.
function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  try {
    if (given) {
      sessionStorage.setItem("review-token", given);
      history.replaceState(null, "", location.pathname);
    }
    return given || sessionStorage.getItem("review-token") || "";
  } catch { return given || ""; }
}
