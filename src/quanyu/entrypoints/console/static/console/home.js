// The home page lives: orders slide in as they come, and the figures follow. Nothing is asked of a page that nobody sees.
const STREAM_MS = 4000;
const FIGURES_MS = 15000;

const stream = document.querySelector("[data-stream]");
const figures = document.querySelector("[data-figures]");
const note = document.querySelector("[data-stream-note]");
let paused = false;
let over = false;

function say(text) {
  note.textContent = text;
  note.hidden = !text;
}

// The fragment as a document; nothing when the session has ended or the server is away.
async function ask(address) {
  let answer;
  try {
    answer = await fetch(address, { headers: { "X-Requested-With": "fetch" }, credentials: "same-origin", redirect: "manual" });
  } catch {
    say(note.dataset.away);
    return null;
  }
  if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
    over = true;
    say(note.dataset.over);
    return null;
  }
  if (!answer.ok) {
    say(note.dataset.away);
    return null;
  }
  say("");
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

// New orders go to the top, known ones keep their place and take their new state, what is too many leaves below.
function show(fresh) {
  const list = stream.querySelector(".qy-stream");
  const rows = [...fresh.querySelectorAll("[data-order]")];
  const known = new Map([...list.querySelectorAll("[data-order]")].map((row) => [row.dataset.order, row]));
  list.querySelectorAll(".qy-empty").forEach((row) => rows.length && row.remove());
  let place = null;
  for (const row of rows) {
    const old = known.get(row.dataset.order);
    if (old && old.innerHTML !== row.innerHTML) {
      old.innerHTML = row.innerHTML;
    }
    const shown = old ?? document.adoptNode(row);
    if (!old) {
      shown.classList.add("qh-new");
    }
    if (!old || shown.previousElementSibling !== place) {
      place ? place.after(shown) : list.prepend(shown);
    }
    known.delete(row.dataset.order);
    place = shown;
  }
  if (rows.length) {
    known.forEach((row) => row.remove());
  }
}

// Figures that changed are marked for a moment; the boxes stay where they are.
function take(fresh) {
  figures.querySelector(".qh-against").textContent = fresh.querySelector(".qh-against").textContent;
  for (const now of fresh.querySelectorAll("[data-figure]")) {
    const old = figures.querySelector(`[data-figure="${now.dataset.figure}"]`);
    if (old && old.innerHTML !== now.innerHTML) {
      const changed = old.querySelector("strong").textContent !== now.querySelector("strong").textContent;
      old.innerHTML = now.innerHTML;
      old.href = now.href;
      old.classList.toggle("qh-fresh", changed);
    }
  }
}

function every(ms, address, use) {
  const turn = async () => {
    if (over) {
      return;
    }
    if (!paused && !document.hidden) {
      const fresh = await ask(address);
      if (fresh && !paused) {
        use(fresh);
      }
    }
    setTimeout(turn, ms);
  };
  setTimeout(turn, ms);
}

if (stream) {
  every(STREAM_MS, stream.dataset.stream, show);
  every(FIGURES_MS, figures.dataset.figures, take);
  const pause = stream.querySelector("[data-pause]");
  const text = pause.querySelector("[data-pause-text]");
  const [going, stopped] = [text.textContent, text.dataset.paused];
  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.querySelector(".material-symbols-outlined").textContent = paused ? "play_arrow" : "pause";
    text.textContent = paused ? stopped : going;
  });
}
