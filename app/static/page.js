// What Streamlit's own page lacks: weeks that begin on Monday, and a menu that closes after a choice on a phone.
for (const name of ["language", "languages"]) {
  if (navigator.language.startsWith("en")) {
    Object.defineProperty(navigator, name, { get: () => (name === "language" ? "en-GB" : ["en-GB", "en"]) });
  }
}
const PHONE = window.matchMedia("(max-width: 768px)");
document.addEventListener("click", (event) => {
  if (PHONE.matches && event.target.closest('[data-testid="stSidebarNavLink"]')) {
    setTimeout(() => {
      const close = document.querySelector('[data-testid="stSidebarCollapseButton"] button');
      if (close) close.click();
    }, 0);
  }
});
// The server is at the address's root; without this, Streamlit looks for it below each page first.
window.__streamlit = { BACKEND_BASE_URL: `${location.origin}/` };
