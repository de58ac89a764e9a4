// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A flame graph as one SVG file. Each frame is a picture within the picture, placed in percent: it
 * fits any width without its text being stretched, and cuts its text where it ends. The script only
 * moves them, to zoom; without it all is there but that.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "names/escape_xml.h"
#include "names/units.h"
#include "render/flame.h"

#define FRAME_HEIGHT 18
#define TOP	     88 /* four lines of text */
#define BOTTOM	     14
/* A frame that is narrower is less than a pixel on any screen. */
#define NARROWEST 0.0002

static const char *const style =
	".wf{background:#fff;font:12px system-ui,sans-serif}.wf text{fill:#1b1b1b}"
	".wf .wf-title{font-size:16px;font-weight:600}.wf .wf-dim{fill:#666}"
	".wf .wf-do{fill:#1a5fb4;cursor:pointer}.wf .wf-f{cursor:pointer}"
	".wf .wf-f rect{stroke:#fff;stroke-width:.6}.wf .wf-f:hover rect{stroke:#000;"
	"stroke-width:1.6}.wf .u0{fill:#fbd38d}.wf .u1{fill:#f9c46b}.wf .u2{fill:#fce0a6}"
	".wf .u3{fill:#f6b756}.wf .k0{fill:#a9d6e5}.wf .k1{fill:#8fc9dc}.wf .k2{fill:#bfe1ec}"
	".wf .k3{fill:#79bcd2}.wf .p0{fill:#dcdfe4}.wf .t0{fill:#f4a6a0}.wf .i0{fill:#cfe3c4}"
	".wf .g1{fill:#fbd9d3}.wf .g2{fill:#f4aa9c}.wf .g3{fill:#e4705c}.wf .l1{fill:#d3e2fb}"
	".wf .l2{fill:#9dbef2}.wf .l3{fill:#5a8fe0}.wf .wf-up{opacity:.55}"
	".wf .wf-hit rect{fill:#c04bd8}.wf .wf-hit text{fill:#fff}"
	"@media(prefers-color-scheme:dark){.wf{background:#16181d}.wf text{fill:#f0f0f0}"
	".wf .wf-dim{fill:#9aa0a6}.wf .wf-do{fill:#8ab4f8}.wf .wf-f rect{stroke:#16181d}"
	".wf .wf-f:hover rect{stroke:#fff}.wf .u0{fill:#7a4a12}.wf .u1{fill:#8a5517}"
	".wf .u2{fill:#6b4110}.wf .u3{fill:#96601d}.wf .k0{fill:#1d5266}.wf .k1{fill:#22607a}"
	".wf .k2{fill:#184556}.wf .k3{fill:#2a6f8a}.wf .p0{fill:#3a3f47}.wf .t0{fill:#8c2f39}"
	".wf .i0{fill:#3c5a31}.wf .g1{fill:#5a3531}.wf .g2{fill:#873f35}.wf .g3{fill:#b5462f}"
	".wf .l1{fill:#2f3c55}.wf .l2{fill:#33548c}.wf .l3{fill:#2f6bcb}}";

/* Zoom, search, and what is under the pointer. It finds its own picture: a page may have several.
 */
static const char *const script =
	"(function(){var s=document.currentScript;s=s&&s.ownerSVGElement||document.documentElement;"
	"var all=[].slice.call(s.querySelectorAll('.wf-f')).map(function(e){return{e:e,"
	"x:parseFloat(e.getAttribute('x')),w:parseFloat(e.getAttribute('width')),"
	"y:+e.getAttribute('y'),n:e.querySelector('text').textContent,"
	"t:e.querySelector('title').textContent}});"
	"var info=s.querySelector('.wf-info'),reset=s.querySelector('.wf-reset'),"
	"find=s.querySelector('.wf-find'),E=1e-4,hits='';"
	"function show(t){info.textContent=t||hits||info.getAttribute('data-text')}"
	"function zoom(z){reset.style.display=z.w<100-E?'':'none';all.forEach(function(f){"
	"var under=f.y>=z.y&&f.x<=z.x+E&&f.x+f.w>=z.x+z.w-E&&f!==z,"
	"above=f.y<=z.y&&f.x>=z.x-E&&f.x+f.w<=z.x+z.w+E,x=(f.x-z.x)/z.w*100,w=f.w/z.w*100;"
	"f.e.style.display=under||above?'':'none';"
	"f.e.setAttribute('class',f.e.getAttribute('class').replace(/ wf-up/g,'')+"
	"(under?' wf-up':''));"
	"f.e.setAttribute('x',(under?0:x)+'%');f.e.setAttribute('width',(under?100:w)+'%')})}"
	"function search(p){var r,sum=0,last=[];try{r=p?new RegExp(p):null}catch(x){"
	"hits='no regular expression: '+p;show();return}"
	"all.forEach(function(f){var hit=r&&r.test(f.n);"
	"f.e.setAttribute('class',f.e.getAttribute('class').replace(/ wf-hit/g,'')+"
	"(hit?' wf-hit':''));if(hit)last.push(f)});"
	"last.sort(function(a,b){return b.y-a.y});var seen=[];last.forEach(function(f){"
	"if(!seen.some(function(g){return g.x<=f.x+E&&g.x+g.w>=f.x+f.w-E})){sum+=f.w;seen.push(f)}});"
	"hits=r?'/'+p+'/ is in '+sum.toFixed(1)+'% of all':'';show()}"
	"all.forEach(function(f){f.e.addEventListener('click',function(){zoom(f)});"
	"f.e.addEventListener('mouseenter',function(){show(f.t)});"
	"f.e.addEventListener('mouseleave',function(){show()})});"
	"reset.addEventListener('click',function(){zoom({x:0,w:100,y:1e9})});"
	"find.addEventListener('click',function(){var p=prompt('Frames to find (regular expression; "
	"nothing: none)');if(p!==null)search(p)});"
	"find.style.display='';window.addEventListener('keydown',function(e){"
	"if(e.key==='/'&&!e.ctrlKey){e.preventDefault();find.dispatchEvent(new Event('click'))}})})()";

struct picture {
	FILE *stream;
	const struct flame_tree *tree;
	const struct flame_options *options;
	bool compares;
	double scale; /* of the weights before, to the sum of those now */
};

static const char *weight_text(const struct picture *picture, uint64_t weight,
			       char text[UNITS_TEXT + 16])
{
	char number[UNITS_TEXT];

	switch (picture->options->unit) {
	case FLAME_NS:
		return units__time(weight, text);
	case FLAME_SAMPLES:
		snprintf(text, UNITS_TEXT + 16, "%s sample%s", units__count(weight, number),
			 weight == 1 ? "" : "s");
		return text;
	default:
		return units__count(weight, text);
	}
}

static uint32_t hash_of(const char *name)
{
	uint32_t hash = 2166136261U;

	while (*name)
		hash = (hash ^ (unsigned char)*name++) * 16777619U;
	return hash >> 8;
}

static bool ends_in(const char *text, const char *end)
{
	size_t length = strlen(text), wanted = strlen(end);

	return length >= wanted && !strcmp(text + length - wanted, end);
}

/* Of its own kind, in a shade of its name: neighbours differ, and it is the same everywhere. */
static void kind_class(const struct flame_node *node, char class[4])
{
	uint32_t shade = hash_of(node->name) % 4;

	if (node->depth <= 1)
		strcpy(class, "p0");
	else if (ends_in(node->name, ", idle]"))
		strcpy(class, "i0");
	else if (node->name[0] == '[' && !node->first)
		strcpy(class, "t0");
	else
		snprintf(class, 4, "%c%u", ends_in(node->name, "_[k]") ? 'k' : 'u', shade);
}

/* How the share of a frame changed: hardly, by a tenth, by a quarter, by more. */
static void change_class(const struct picture *picture, const struct flame_node *node,
			 char class[4])
{
	double before = (double)node->before * picture->scale, now = (double)node->weight;
	double change = before > 0 ? (now - before) / fmax(now, before) : 1;
	int strength = fabs(change) < 0.1    ? 0
		       : fabs(change) < 0.25 ? 1
		       : fabs(change) < 0.5  ? 2
					     : 3;

	if (!strength)
		strcpy(class, "p0");
	else
		snprintf(class, 4, "%c%d", change > 0 ? 'g' : 'l', strength);
}

static void write_title(const struct picture *picture, const struct flame_node *node,
			const char *name)
{
	char weight[UNITS_TEXT + 16], before[UNITS_TEXT + 16];

	fprintf(picture->stream, "<title>%s: %s, %.2f%%", name,
		weight_text(picture, node->weight, weight), node->width * 100);
	if (picture->compares)
		fprintf(picture->stream, " (before: %s, %.2f%%)",
			weight_text(picture, node->before, before),
			picture->tree->nodes[0].before
				? 100.0 * (double)node->before /
					  (double)picture->tree->nodes[0].before
				: 0.0);
	fputs("</title>", picture->stream);
}

static int draw_node(struct picture *picture, const struct flame_node *node)
{
	double top = TOP + (double)(picture->tree->depth - node->depth) * FRAME_HEIGHT;
	char class[4], *name;

	if (node->width < NARROWEST)
		return 0;
	name = xml__escape(node->name);
	if (!name)
		return -ENOMEM;
	if (picture->compares)
		change_class(picture, node, class);
	else
		kind_class(node, class);
	fprintf(picture->stream,
		"<svg class=\"wf-f\" x=\"%.4f%%\" y=\"%.0f\" width=\"%.4f%%\" height=\"%d\">",
		node->x * 100, top, node->width * 100, FRAME_HEIGHT);
	write_title(picture, node, name);
	fprintf(picture->stream,
		"<rect class=\"%s\" width=\"100%%\" height=\"100%%\"/><text x=\"3\" "
		"y=\"13\">%s</text></svg>\n",
		class, name);
	free(name);
	return 0;
}

static int write_line(const struct picture *picture, const char *class, int y, const char *text)
{
	char *clean = xml__escape(text);

	if (!clean)
		return -ENOMEM;
	fprintf(picture->stream, "<text class=\"%s\" x=\"8\" y=\"%d\">%s</text>\n", class, y,
		clean);
	free(clean);
	return 0;
}

/* What is not in the picture, and what the colours are. */
static int write_summary(const struct picture *picture)
{
	const struct flame_tree *tree = picture->tree;
	char weight[UNITS_TEXT + 16], gone[UNITS_TEXT + 16], *text, *clean;
	int written;

	if (picture->compares && tree->vanished)
		written = asprintf(&text, "%s; red: grew, blue: shrank; gone: %s",
				   weight_text(picture, tree->nodes[0].weight, weight),
				   weight_text(picture, tree->vanished, gone));
	else if (picture->compares)
		written = asprintf(&text, "%s; red: grew, blue: shrank",
				   weight_text(picture, tree->nodes[0].weight, weight));
	else
		written = asprintf(&text, "%s in all",
				   weight_text(picture, tree->nodes[0].weight, weight));
	if (written < 0)
		return -ENOMEM;
	clean = xml__escape(text);
	free(text);
	if (!clean)
		return -ENOMEM;
	fprintf(picture->stream,
		"<text class=\"wf-dim wf-info\" x=\"8\" y=\"60\" data-text=\"%s\">%s</text>\n"
		"<text class=\"wf-do wf-find\" style=\"display:none\" x=\"8\" "
		"y=\"78\">search</text>\n"
		"<text class=\"wf-do wf-reset\" style=\"display:none\" x=\"64\" "
		"y=\"78\">show all</text>\n",
		clean, clean);
	free(clean);
	return 0;
}

static int draw(struct picture *picture)
{
	const struct flame_tree *tree = picture->tree;
	double height = TOP + (double)(tree->depth + 1) * FRAME_HEIGHT + BOTTOM;
	int err;

	fprintf(picture->stream,
		"<svg class=\"wf\" xmlns=\"http://www.w3.org/2000/svg\" width=\"100%%\" "
		"height=\"%.0f\">\n<style>%s</style>\n",
		height, style);
	err = write_line(picture, "wf-title", 22, picture->options->title);
	if (!err && picture->options->subtitle)
		err = write_line(picture, "wf-dim", 42, picture->options->subtitle);
	if (!err)
		err = write_summary(picture);
	for (size_t i = 0; i < tree->count && !err; i++)
		err = draw_node(picture, &tree->nodes[i]);
	fprintf(picture->stream, "<script><![CDATA[%s]]></script>\n</svg>\n", script);
	return err;
}

int render__flame_svg(FILE *stream, const struct folded *now, const struct folded *before,
		      const struct flame_options *options)
{
	struct flame_tree tree;
	struct picture picture = {
		.stream = stream,
		.tree = &tree,
		.options = options,
		.compares = before,
		.scale = before && before->total ? (double)now->total / (double)before->total : 1,
	};
	int err = flame_tree__build(&tree, now, before);

	if (!err)
		err = flame_tree__lay(&tree);
	if (!err)
		err = draw(&picture);
	flame_tree__clear(&tree);
	if (!err && (fflush(stream) || ferror(stream)))
		err = -EIO;
	return err;
}
