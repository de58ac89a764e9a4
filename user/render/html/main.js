/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The page, part by part. */

function showNavigation() {
	for (const section of document.querySelectorAll("main > section"))
		if (!section.hidden)
			byId("nav").append(make("a", {href: "#" + section.id, text: section.querySelector("h2").firstChild.textContent.trim()}));
}

startTheme();
showOverview();
showLosses();
showFindings();
showTimeline();
showWaits();
showDistributions();
showHeat();
showFlames();
showCalls();
showAudit();
showNavigation();
document.documentElement.dataset.ready = "yes";
