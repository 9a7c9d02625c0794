// What is shown to a browser without a session.
import { html } from "../view.js";
import { PageHead } from "../parts.js";

export const Locked = () => html`
  <${PageHead} title="This page is locked">
    Its link works once, in one browser: this one has not been let in, or its session has ended.
  <//>
  <div class="card">
    <p>Start the dashboard again and open the link that it prints:</p>
    <p><code>curatord dashboard</code></p>
  </div>
`;
