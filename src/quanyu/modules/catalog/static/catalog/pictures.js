// The gallery of a product: files dropped on it are sent one by one, pictures are moved by drag or by their buttons.
// Both use the deeds of the page, so who may do it and what is refused is decided there.
document.addEventListener("DOMContentLoaded", () => {
  const gallery = document.querySelector("[data-gallery]");
  if (!gallery) {
    return;
  }
  const list = gallery.querySelector(".qc-pictures");
  const add = gallery.querySelector(".qc-add");
  const said = gallery.querySelector("[data-said]");
  const problems = gallery.querySelector("[data-problems]");
  const pictures = () => [...list.querySelectorAll("[data-picture]")];

  const say = (text) => {
    said.textContent = text;
    said.hidden = !text;
  };
  const refuse = (text) => {
    const line = document.createElement("li");
    line.textContent = text;
    problems.append(line);
    problems.hidden = false;
  };
  // A deed that is done leads back to the page; one that is refused answers with its form and the reason.
  const send = async (address, fields) => {
    const body = new FormData();
    body.append("csrfmiddlewaretoken", gallery.querySelector("[name=csrfmiddlewaretoken]").value);
    for (const [name, value] of fields) {
      body.append(name, value);
    }
    const answer = await fetch(address, { method: "POST", body });
    if (answer.ok) {
      return "";
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const reason = page.querySelector(".errors li, .errors [role=alert], .qy-error");
    return reason ? reason.textContent.trim() : gallery.dataset.refused;
  };

  const upload = async (files) => {
    problems.replaceChildren();
    problems.hidden = true;
    let taken = 0;
    for (const [place, file] of files.entries()) {
      say(`${gallery.dataset.sending} ${place + 1} / ${files.length}`);
      let problem = gallery.dataset.refused;
      try {
        problem = await send(gallery.dataset.add, [["picture", file], ["alt", ""]]);
      } catch {
        // No answer: said like a refusal, and the file can be dropped again.
      }
      if (problem) {
        refuse(`${file.name}: ${problem}`);
      } else {
        taken += 1;
      }
    }
    say("");
    if (taken && problems.hidden) {
      location.reload();
    } else if (taken) {
      await show();
    }
  };
  // Bring the pictures that were taken without losing sight of those that were not.
  const show = async () => {
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    for (const one of pictures()) {
      one.remove();
    }
    add.before(...page.querySelectorAll("[data-picture]"));
  };

  const save = async () => {
    const order = pictures().map((one, place) => [`at_${one.dataset.picture}`, String(place + 1)]);
    const problem = await send(gallery.dataset.arrange, order).catch(() => gallery.dataset.refused);
    problems.replaceChildren();
    problems.hidden = true;
    say(problem ? "" : gallery.dataset.saved);
    if (problem) {
      refuse(problem);
      await show();
    }
  };

  gallery.querySelector("input[type=file]").addEventListener("change", (event) => upload([...event.target.files]));
  const bringsFiles = (event) => [...event.dataTransfer.types].includes("Files");
  gallery.addEventListener("dragover", (event) => {
    event.preventDefault();
    gallery.classList.toggle("qc-over", bringsFiles(event));
  });
  gallery.addEventListener("dragleave", () => gallery.classList.remove("qc-over"));
  gallery.addEventListener("drop", (event) => {
    event.preventDefault();
    gallery.classList.remove("qc-over");
    if (bringsFiles(event)) {
      upload([...event.dataTransfer.files]);
    }
  });

  let moving = null;
  list.addEventListener("dragstart", (event) => {
    moving = event.target.closest("[data-picture]");
    moving?.classList.add("qc-moving");
  });
  list.addEventListener("dragover", (event) => {
    const over = event.target.closest("[data-picture]");
    if (!moving || !over || over === moving) {
      return;
    }
    const box = over.getBoundingClientRect();
    over[event.clientX > box.left + box.width / 2 ? "after" : "before"](moving);
  });
  list.addEventListener("dragend", () => {
    if (moving) {
      moving.classList.remove("qc-moving");
      moving = null;
      save();
    }
  });
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-shift]");
    if (!button) {
      return;
    }
    const one = button.closest("[data-picture]");
    if (button.dataset.shift === "-1") {
      one.previousElementSibling?.before(one);
    } else if (one.nextElementSibling !== add) {
      one.nextElementSibling.after(one);
    }
    button.focus();
    save();
  });
});
