// Keeps the chain's numbers on the start page fresh: the page itself is asked again, and only its numbers are taken over.
(() => {
    const EVERY_MS = 6000;
    const refresh = async () => {
        if (document.hidden) return;
        try {
            const answer = await fetch("/", { headers: { Accept: "text/html" } });
            if (!answer.ok) return;
            const page = new DOMParser().parseFromString(await answer.text(), "text/html");
            const fresh = page.getElementById("figures");
            const shown = document.getElementById("figures");
            if (fresh && shown && fresh.innerHTML !== shown.innerHTML) shown.replaceChildren(...fresh.children);
        } catch {
            // The server restarts: the next turn asks again.
        }
    };
    setInterval(refresh, EVERY_MS);
})();
