/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Light or dark: as the system says, or as the button does. Every rule that asks for dark is turned
 * on or off, so that pictures on the page follow too. */

const themeListeners = [];
const darkRules = [];
const systemDark = matchMedia("(prefers-color-scheme: dark)");
let themeChosen = null;

function findDarkRules() {
	for (const sheet of document.styleSheets)
		for (const rule of sheet.cssRules)
			if (rule.media && rule.media.mediaText.includes("prefers-color-scheme"))
				darkRules.push(rule);
}

function showTheme() {
	const dark = themeChosen === null ? systemDark.matches : themeChosen === "dark";
	for (const rule of darkRules)
		rule.media.mediaText = dark ? "all" : "not all";
	document.documentElement.dataset.theme = dark ? "dark" : "light";
	byId("theme").textContent = dark ? "Light" : "Dark";
	for (const listener of themeListeners)
		listener();
}

function startTheme() {
	findDarkRules();
	byId("theme").addEventListener("click", () => {
		themeChosen = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
		showTheme();
	});
	systemDark.addEventListener("change", showTheme);
	showTheme();
}
