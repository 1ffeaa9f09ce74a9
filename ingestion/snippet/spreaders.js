/* Spreaders: first-party events. Include it on every page:
 *   <script src="https://YOUR-API/spreaders.js" data-site="SITE-KEY" async></script>
 * Options: data-endpoint (default /collect beside the script), data-consent="required" (send nothing
 * before spreaders.consent(true)). Then: spreaders.identify("ada@example.org");
 * spreaders.purchase("1001", 49.90, "EUR"); spreaders.page(); for pages that change without loading.
 */
(function (window, document, navigator) {
  "use strict";
  if (window.spreaders && window.spreaders.page) return;
  var script = document.currentScript || { src: "", getAttribute: function () { return null; } };
  var endpoint = script.getAttribute("data-endpoint") || script.src.replace(/\/[^/]*$/, "/collect");
  var site = script.getAttribute("data-site") || "";
  var needsConsent = script.getAttribute("data-consent") === "required";
  var QUEUE = "spreaders.queue", PERSON = "spreaders.id", CONSENT = "spreaders.consent";
  var MOST_WAITING = 500, BATCH = 50, FIRST_WAIT = 2000, LONGEST_WAIT = 300000;
  // Currencies whose minor unit is not a hundredth.
  var DIGITS = { BHD: 3, IQD: 3, JOD: 3, KWD: 3, LYD: 3, OMR: 3, TND: 3, CLF: 4, UYW: 4 };
  "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(" ").forEach(function (c) { DIGITS[c] = 0; });

  // --- Storage: the site's own, or memory where the browser gives none ---------------------------
  var memory = {};
  function get(name) { try { return window.localStorage.getItem(name); } catch (e) { return memory[name] || null; } }
  function set(name, value) { try { window.localStorage.setItem(name, value); } catch (e) { memory[name] = value; } }
  function drop(name) { try { window.localStorage.removeItem(name); } catch (e) { delete memory[name]; } }
  function waiting() { try { return JSON.parse(get(QUEUE)) || []; } catch (e) { return []; } }
  function keep(events) { set(QUEUE, JSON.stringify(events.slice(-MOST_WAITING))); }

  function isAllowed() {
    var said = get(CONSENT);
    if (said === "no") return false;
    if (navigator.doNotTrack === "1" || window.doNotTrack === "1" || navigator.globalPrivacyControl) return said === "yes";
    return !needsConsent || said === "yes";
  }

  function makeId() {
    if (window.crypto && window.crypto.randomUUID) return window.crypto.randomUUID();
    var bytes = window.crypto.getRandomValues(new Uint8Array(16));
    return Array.prototype.map.call(bytes, function (b) { return (b + 256).toString(16).slice(1); }).join("");
  }

  function visitor() {
    var id = get(PERSON);
    if (!id) set(PERSON, (id = makeId()));
    return id;
  }

  // --- Events ---------------------------------------------------------------------------------------
  function record(kind, more) {
    if (!isAllowed()) return;
    var event = { event_id: makeId(), kind: kind, at: new Date().toISOString(), anonymous_id: visitor(), url: String(window.location.href).slice(0, 4096) };
    if (document.referrer) event.referrer = String(document.referrer).slice(0, 4096);
    for (var name in more) event[name] = more[name];
    keep(waiting().concat([event]));
    send();
  }

  function toMinor(value, currency) {
    var digits = DIGITS[currency] === undefined ? 2 : DIGITS[currency];
    // By the decimal text, not by multiplying: 1.005 * 100 is 100.49999999999999.
    var parts = String(value).match(/^(\d+)(?:\.(\d*))?$/);
    if (!parts) throw new TypeError("spreaders.purchase: value is a number such as 49.90");
    var decimals = (parts[2] || "") + "00000";
    return Math.round(parseInt(parts[1] + decimals.slice(0, digits + 1), 10) / 10);
  }

  // --- Sending: an event leaves the queue when the collector has said it is safe ----------------
  var isSending = false, wait = FIRST_WAIT;

  function done(batch) {
    var gone = {};
    batch.forEach(function (event) { gone[event.event_id] = true; });
    keep(waiting().filter(function (event) { return !gone[event.event_id]; }));
  }

  function again() {
    window.setTimeout(send, wait);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }

  function address() { return endpoint + (site ? "?site=" + encodeURIComponent(site) : ""); }

  function send() {
    var batch = waiting().slice(0, BATCH);
    if (isSending || !batch.length || !isAllowed()) return;
    isSending = true;
    // text/plain asks no permission of another origin first.
    window.fetch(address(), { method: "POST", body: JSON.stringify({ batch: batch }), headers: { "Content-Type": "text/plain" }, keepalive: true, credentials: "omit" })
      .then(function (answer) {
        isSending = false;
        if (answer.ok || (answer.status >= 400 && answer.status < 500 && answer.status !== 429 && answer.status !== 408)) {
          done(batch); // stored, or refused for good
          wait = FIRST_WAIT;
          send();
        } else again();
      })
      .catch(function () { isSending = false; again(); });
  }

  // A page that goes away hands over what is left; should the answer be lost, the next page sends
  // the same events again and the collector knows them by their ids.
  function leave() {
    var batch = waiting().slice(0, BATCH);
    if (batch.length && isAllowed() && navigator.sendBeacon) navigator.sendBeacon(address(), JSON.stringify({ batch: batch }));
  }

  var early = (window.spreaders && window.spreaders.q) || [];
  window.spreaders = {
    page: function () { record("page_view"); },
    identify: function (user) { record("identify", { user_id: String(user).trim() }); },
    purchase: function (order, value, currency) {
      var code = String(currency).toUpperCase();
      record("purchase", { order_id: String(order), value_minor: toMinor(value, code), currency: code });
    },
    consent: function (isGiven) {
      set(CONSENT, isGiven ? "yes" : "no");
      if (isGiven) record("page_view");
      else { drop(QUEUE); drop(PERSON); }
    },
  };
  early.forEach(function (call) { window.spreaders[call[0]].apply(null, call.slice(1)); });
  window.addEventListener("pagehide", leave);
  window.spreaders.page();
  if (waiting().length) send();
})(window, document, navigator);
