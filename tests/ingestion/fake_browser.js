// A page just big enough for the snippet: location, storage, fetch and sendBeacon that take notes.
const fs = require("fs"), vm = require("vm");
const setup = JSON.parse(process.argv[3]);
const storage = Object.assign({}, setup.storage || {});
const sent = [], beacons = [], timers = [], listeners = {};
let answers = (setup.answers || []).slice();
const sandbox = {
  JSON, Date, Math, String, Object, Array, parseInt, Uint8Array, TypeError, encodeURIComponent, Promise,
  document: { referrer: setup.referrer || "", currentScript: { src: "https://api.example/spreaders.js", getAttribute: (n) => (setup.attributes || {})[n] || null } },
  navigator: { doNotTrack: setup.doNotTrack || null, globalPrivacyControl: setup.gpc || false, sendBeacon: (u, b) => { beacons.push({ url: u, body: JSON.parse(b) }); return true; } },
};
sandbox.window = {
  location: { href: setup.url || "https://shop.example/p?utm_source=news" },
  crypto: require("crypto").webcrypto,
  localStorage: setup.noStorage ? undefined : { getItem: (k) => (k in storage ? storage[k] : null), setItem: (k, v) => { storage[k] = String(v); }, removeItem: (k) => { delete storage[k]; } },
  setTimeout: (f, ms) => { timers.push([f, ms]); },
  addEventListener: (name, f) => { listeners[name] = f; },
  fetch: (url, options) => {
    sent.push({ url, body: JSON.parse(options.body), type: options.headers["Content-Type"] });
    const answer = answers.length ? answers.shift() : 202;
    return answer === "down" ? Promise.reject(new Error("down")) : Promise.resolve({ ok: answer < 300, status: answer });
  },
};
sandbox.document.defaultView = sandbox.window;
vm.runInNewContext(fs.readFileSync(process.argv[2], "utf8"), sandbox);
const settle = () => new Promise((resolve) => setImmediate(resolve));
(async () => {
  await settle();
  let thrown = null;
  for (const [name, ...rest] of setup.calls || []) {
    try {
      if (name === "leave") listeners.pagehide();
      else if (name === "tick") timers.splice(0).forEach(([f]) => f());
      else sandbox.window.spreaders[name](...rest);
    } catch (error) { thrown = String(error); }
    await settle(); await settle();
  }
  console.log(JSON.stringify({ sent, beacons, storage, waits: timers.map((t) => t[1]), thrown }));
})();
