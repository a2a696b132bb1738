// The API's description as something to try: Swagger UI, which /static/lib/swagger-ui.js brings as a global.

const place = document.getElementById("try");
const nothing = () => null;

/** Title, version and server stand on our page already; there is one server, this one. */
const withoutHead = { components: { InfoContainer: nothing, ServersContainer: nothing } };

/** A call as Python, beside Swagger UI's own for curl; `request` is an Immutable map. */
function python(request) {
  const headers = JSON.stringify(request.get("headers")?.toJS() ?? {});
  const body = request.get("body");
  const content = typeof body === "string" ? `, content=${JSON.stringify(body)}` : "";
  const method = request.get("method").toLowerCase();
  const call = `httpx.request("${method}", ${JSON.stringify(request.get("url"))}, headers=${headers}${content})`;
  return `import httpx\n\nanswer = ${call}\nprint(answer.status_code, answer.text)`;
}

const withPython = { fn: { requestSnippetGenerator_python: python } };
const SNIPPETS = { curl_bash: { title: "curl" }, python: { title: "Python" } };

/** What assistive technology needs of a component that stands below the heading of our page. */
const MENDED = [
  ["h3.opblock-tag", { role: "heading", "aria-level": "2" }],
  ["h4", { role: "heading", "aria-level": "3" }],
  ["h5", { role: "heading", "aria-level": "4" }],
  ["pre", { tabindex: "0" }],
  ["textarea:not([aria-label])", { "aria-label": "Body" }],
  ['[role="region"]', { role: null }], // tables, each of which would be a landmark
  [".opblock-summary-control span[tabindex], .opblock-summary-control a", { tabindex: "-1" }],
  ["select:not([aria-label]):not([id])", { "aria-label": "Choice" }],
  [".copy-to-clipboard button:not([aria-label])", { "aria-label": "Copy" }],
];

function mend() {
  for (const [selector, attributes] of MENDED) {
    for (const element of place.querySelectorAll(selector)) {
      for (const [name, value] of Object.entries(attributes)) {
        if (value === null) element.removeAttribute(name);
        else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
      }
    }
  }
}

if (window.SwaggerUIBundle) {
  new MutationObserver(mend).observe(place, { childList: true, subtree: true });
  const description = await (await fetch(place.dataset.document)).json();
  window.SwaggerUIBundle({
    spec: { ...description, servers: [{ url: location.origin }] }, // as this page was reached, by whatever name
    domNode: place,
    plugins: [withoutHead, withPython],
    deepLinking: false, // its links lie within buttons
    syntaxHighlight: false, // its colours are too faint
    docExpansion: "none",
    defaultModelsExpandDepth: -1, // the structures are on /docs
    displayRequestDuration: true,
    requestSnippetsEnabled: true,
    requestSnippets: { generators: SNIPPETS },
    tryItOutEnabled: true,
    validatorUrl: null, // nobody else is asked for anything
  });
}
