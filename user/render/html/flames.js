/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Flame graphs: pictures that came with the page, one seen at a time. */

function showFlames() {
	const pictures = [...document.querySelectorAll(".flame")];
	if (!pictures.length)
		return;
	byId("flames").hidden = false;
	const buttons = pictures.map(picture => make("button", {type: "button",
		text: picture.querySelector(".wf-title").textContent, on: () => choose(picture)}));
	function choose(chosen) {
		pictures.forEach((picture, number) => {
			picture.hidden = picture !== chosen;
			buttons[number].setAttribute("aria-pressed", picture === chosen);
		});
	}
	byId("flame-graphs").append(...pictures);
	if (pictures.length > 1)
		byId("flame-tools").append(...buttons);
	choose(pictures[0]);
}
