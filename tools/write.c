/* SPDX-License-Identifier: Apache-2.0 */
/* The writer table, and the head that every text report begins with. */
#include "write.h"

#include "estimate.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LEAST	   16 /* columns that a name and its place have at any rate */
#define LEAST_NAME 12

static const struct {
	const char *name;
	int (*write)(const struct write_job *job, struct err *err);
} writers[] = {
	{"top", write_top},   {"tree", write_tree},
	{"peek", write_peek}, {"traces", write_traces},
	{"list", write_list}, {"folded", write_folded},
	{"json", write_json}, {"speedscope", write_speedscope},
	{"dot", write_dot},   {"callgrind", write_callgrind},
	{"raw", write_raw},
};

int write_report(const struct write_job *job, struct err *err)
{
	for (size_t i = 0; i < sizeof writers / sizeof *writers; i++) {
		if (!strcmp(writers[i].name, job->args->format)) {
			return writers[i].write(job, err);
		}
	}
	return err_set(err, "no writer for %s", job->args->format);
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static void write_clean(FILE *out, const char *text)
{
	for (; *text; text++) {
		fputc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, out);
	}
}

static void write_program(const struct write_job *job)
{
	const struct profile_about *about = &job->profile->about;

	if (!about->program) {
		return;
	}
	fputs("File: ", job->out);
	write_clean(job->out, base_of(about->program));
	if (about->pid) {
		fprintf(job->out, " (pid %" PRId64 ")", about->pid);
	}
	fputc('\n', job->out);
}

/* Of several dumps the lines below tell the first one's name and time. */
static void write_dumps(const struct write_job *job)
{
	const struct args *args = job->args;

	if (args->input_count > 1) {
		fprintf(job->out, "Dumps: %zu added up", args->input_count);
	}
	if (args->base_count > 1) {
		fprintf(job->out, "%s minus %zu", args->input_count > 1 ? "," : "Dumps: one",
			args->base_count);
	}
	if (args->input_count > 1 || args->base_count > 1) {
		fputs("; name and time are the first one's\n", job->out);
	}
}

static double seconds(int64_t ns)
{
	return (double)ns / 1e9;
}

static void write_time(const struct write_job *job)
{
	const struct profile_about *about = &job->profile->about;
	const struct profile_about *base = job->base;
	const time_t when = (time_t)(about->dump_ns / 1000000000);
	struct tm local;
	char text[64];

	if (!about->dump_ns || !localtime_r(&when, &local) ||
	    !strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %Z", &local)) {
		return;
	}
	fprintf(job->out, "Time: %s", text);
	if (about->start_ns && about->dump_ns >= about->start_ns) {
		fprintf(job->out, ", %.1fs after the start",
			seconds(about->dump_ns - about->start_ns));
	}
	if (base && base->dump_ns && profile_same_process(base, about)) {
		const double after = seconds(about->dump_ns - base->dump_ns);
		fprintf(job->out, " and %.1fs %s the base", after < 0 ? -after : after,
			after < 0 ? "before" : "after");
	}
	fputc('\n', job->out);
}

static int64_t positive(uint64_t number)
{
	return number > INT64_MAX ? INT64_MAX : (int64_t)number;
}

static void write_rate(const struct write_job *job)
{
	const struct profile_about *about = &job->profile->about;
	char rate[UNITS_TEXT];
	char held[UNITS_TEXT];

	if (about->rate > 1) {
		const uint64_t least = about->least_rate ? about->least_rate : about->rate;
		fprintf(job->out, "Sampling: one in %s",
			units_amount(rate, positive(least), UNITS_AUTO));
		if (least != about->rate) {
			fprintf(job->out, " to %s",
				units_amount(rate, positive(about->rate), UNITS_AUTO));
		}
		fputs(" allocated; amounts are estimates\n", job->out);
	} else {
		fputs("Sampling: none, every allocation was recorded\n", job->out);
	}
	const int64_t bytes_held = estimate_held(job->profile);
	if (bytes_held && !job->base && !job->args->go_heap_count) {
		fprintf(job->out, "Held: %s in use, with what malloc adds to each block\n",
			units_amount(held, bytes_held, UNITS_AUTO));
	}
}

/* What led to it, by the word that the library has for it (lib/failure.h). */
static const char *off_reason(const char *word)
{
	static const struct {
		const char *word, *reason;
	} reasons[] = {
		{"rule", "a rule for walking stacks was damaged"},
		{"table", "a table was damaged, something wrote over it"},
		{"unwind", "no stack could be walked"},
		{"scratch", "no room to walk stacks any more"},
		{"state", "the state file could not be made"},
	};

	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
		if (!strcmp(word, reasons[i].word)) {
			return reasons[i].reason;
		}
	}
	return word;
}

static void write_failures(const struct write_job *job)
{
	const struct profile_about *about = &job->profile->about;

	if (about->off) {
		fprintf(job->out, "Switched off: %s; what was allocated later is missing\n",
			off_reason(about->off));
	} else if (about->failures) {
		fprintf(job->out, "Failures: %" PRIu64 " inside leaktrack, passed\n",
			about->failures);
	}
}

static void write_losses(const struct write_job *job)
{
	const struct profile_about *about = &job->profile->about;
	const struct profile *profile = job->profile;
	int64_t samples = 0;
	char share[UNITS_TEXT];

	if (about->partial) {
		fprintf(job->out, "Partial: %s\n", about->partial);
	}
	write_failures(job);
	const uint64_t lost = about->lost_samples + about->lost_live;
	if (lost) {
		fprintf(job->out, "Lost: %" PRIu64 " sample%s", lost, lost == 1 ? "" : "s");
		if (about->lost_live) {
			fprintf(job->out, ", %" PRIu64 " for lack of room", about->lost_live);
		}
		fputc('\n', job->out);
	}
	if (about->rate_changes) {
		fprintf(job->out, "Sampling rate: doubled %s%.0" PRIu64 "%s to save memory\n",
			about->rate_changes == 1 ? "once" : "",
			about->rate_changes == 1 ? 0 : about->rate_changes,
			about->rate_changes == 1 ? "" : " times");
	}
	for (size_t i = 0; i < profile->stack_count; i++) {
		samples =
			profile_sum(samples, llabs(profile->stacks[i].raw[PROFILE_ALLOC_OBJECTS]));
	}
	if (about->cut_stacks && samples && !job->base) {
		const char *text = units_share(share, positive(about->cut_stacks), samples);
		fprintf(job->out, "Cut stacks: %s of samples ([cut]: callers not known)\n",
			text + strspn(text, " "));
	}
}

/* As pprof tells them: what the shares below leave out. */
static void write_filters(const struct write_job *job)
{
	const struct args *args = job->args;
	const char *const filters[][2] = {{"focus", args->focus},
					  {"ignore", args->ignore},
					  {"hide", args->hide},
					  {"show", args->show},
					  {"show-from", args->show_from},
					  {"tagfocus", args->tag_focus.text},
					  {"tagignore", args->tag_ignore.text}};
	bool any = false;

	for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
		if (filters[i][1]) {
			fputs(any ? "" : "Active filters:\n", job->out);
			any = true;
			fprintf(job->out, "   %s=", filters[i][0]);
			write_clean(job->out, filters[i][1]);
			fputc('\n', job->out);
		}
	}
}

void write_head(const struct write_job *job)
{
	write_program(job);
	fprintf(job->out, "Type: %s%s\n", profile_type_name(job->args->type),
		!job->base	       ? ""
		: job->args->normalize ? ", growth since base, scaled to its total"
				       : ", growth since base");
	write_time(job);
	write_dumps(job);
	write_rate(job);
	write_losses(job);
	write_filters(job);
}

const char *write_news(const struct write_job *job, int64_t value, int64_t base)
{
	if (!job->base || !value) {
		return "";
	}
	return !base ? "  new" : !profile_sum(value, base) ? "  gone" : "";
}

const char *write_place(char *text, const char *file, uint32_t line)
{
	if (!file) {
		text[0] = 0;
	} else if (line) {
		snprintf(text, WRITE_PLACE, "%s:%" PRIu32, file, line);
	} else {
		snprintf(text, WRITE_PLACE, "%s", file);
	}
	return text;
}

static void write_padded(FILE *out, const char *text, size_t width)
{
	const size_t columns = term_columns(text);

	fprintf(out, "%s%*s", text, columns < width ? (int)(width - columns) : 0, "");
}

static size_t file_columns(const char *place)
{
	return *place ? term_columns(base_of(place)) + 2 : 0;
}

/* The first of what may stand behind the place that leaves room for the file's own name. */
static const char *choose_behind(const struct write_words *words, size_t left)
{
	const size_t name = words->width ? words->width : term_columns(words->name);
	const size_t before = name + file_columns(words->place);

	for (size_t i = 0; i < sizeof words->behind / sizeof *words->behind; i++) {
		const char *behind = words->behind[i];
		if (behind && before + term_columns(behind) <= left) {
			return behind;
		}
	}
	return "";
}

static void write_fitted(const struct write_job *job, const struct write_words *words, size_t left)
{
	const char *behind = choose_behind(words, left);
	const size_t file = file_columns(words->place);
	const size_t most = file + LEAST_NAME < left ? left - file : left;
	size_t width = words->width ? words->width : term_columns(words->name);
	char room[WRITE_PLACE];

	width = width < most ? width : most;
	if (words->strong) {
		term_begin(&job->term, job->out, TERM_STRONG);
	}
	write_padded(job->out, term_fit(words->name, width, room, sizeof room),
		     *words->place ? width : 0);
	if (words->strong) {
		term_end(&job->term, job->out);
	}
	const size_t used = width + 2 + term_columns(behind);
	if (*words->place && used + 5 <= left) {
		fprintf(job->out, "  %s",
			term_fit_end(words->place, left - used, room, sizeof room));
	}
	fputs(behind, job->out);
}

void write_words(const struct write_job *job, const struct write_words *words, size_t used)
{
	if (!job->term.width) {
		write_padded(job->out, words->name, *words->place ? words->width : 0);
		fprintf(job->out, "%s%s%s", *words->place ? "  " : "", words->place,
			words->behind[0] ? words->behind[0] : "");
		return;
	}
	write_fitted(job, words, job->term.width > used + LEAST ? job->term.width - used : LEAST);
}

size_t write_name_width(const struct write_job *job, size_t longest, size_t most, size_t used)
{
	const size_t left = job->term.width > used ? job->term.width - used : 0;

	if (job->term.width) {
		most = left / 2 < most ? left / 2 : most;
		return longest < most ? longest : most;
	}
	return longest < most ? longest : most;
}

double write_fraction(const struct write_job *job)
{
	return job->args->node_fraction < 0 ? 0.005 : job->args->node_fraction;
}
