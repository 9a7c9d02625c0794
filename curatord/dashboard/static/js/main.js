// The beginning: the token of the address becomes a session, then everything follows what happens.
import { html, render } from "./view.js";
import { post } from "./api.js";
import { startKeys } from "./keys.js";
import { follow, live } from "./live.js";
import { startRouter } from "./router.js";
import { App } from "./shell.js";

async function begin() {
  const token = new URLSearchParams(window.location.hash.slice(1)).get("token");
  if (token) {
    window.history.replaceState(null, "", "#/now");
    try {
      await post("/session", { token });
    } catch {
      // Used before: where this browser has the session already, it goes on; else the stream is refused.
    }
  }
  follow();
}

startRouter();
startKeys();
begin().then(() => render(html`<${App} />`, document.getElementById("app")), (error) => live.set({ server: "lost", error }));
