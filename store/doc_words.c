/*
 * ASCII words, most of all, are lowered byte by byte; others go through libunistring:
 * case folding, compatibility decomposition, and then the combining marks are dropped, so
 * that "Café", "CAFE" and "café" with a separate accent are one word.
 *
 * Chinese and Japanese do not put blanks between words.  A character each, and a query of
 * several as a phrase, finds what is there without a dictionary.
 */
#include "store/doc_words.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#define FOLD_MAX 256

void
doc_words_start(struct doc_words *w, const char *s, size_t len)
{
	memset(w, 0, sizeof(*w));
	w->start = w->p = s;
	w->end = s + len;
}

static bool
ascii_word(unsigned char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* The character at p, how many bytes, and whether it is part of a word. */
static int
look(const char *p, const char *end, ucs4_t *uc, bool *word)
{
	int n = 1;

	*uc = (unsigned char)*p;
	*word = false;
	if (*uc < 0x80) {
		*word = ascii_word((unsigned char)*p);
		return 1;
	}
	n = u8_mbtoucr(uc, (const uint8_t *)p, (size_t)(end - p));
	if (n <= 0)
		return 1;
	*word = uc_is_general_category_withtable(*uc, UC_CATEGORY_MASK_L |
	    UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_N | UC_CATEGORY_MASK_Co);
	return n;
}

/* Written without blanks between words. */
static bool
alone(ucs4_t uc)
{
	return (uc >= 0x3041 && uc <= 0x30ff) || (uc >= 0x3400 && uc <= 0x9fff) ||
	    (uc >= 0xf900 && uc <= 0xfaff) || (uc >= 0x20000 && uc <= 0x3ffff);
}

static void
put(struct doc_words *w, const char *s, size_t n)
{
	if (w->len + n <= DOC_WORD_MAX) {
		memcpy(w->word + w->len, s, n);
		w->len += n;
	}
}

/*
 * Of a very long word only the beginning.  What FTS5's ascii tokenizer would split is
 * left out.
 */
static void
fold(struct doc_words *w)
{
	size_t n = 0, len = w->to - w->from;
	const char *p, *end;
	uint8_t *folded;

	if (len > FOLD_MAX)
		for (len = FOLD_MAX; (w->start[w->from + len] & 0xc0) == 0x80; len--)
			continue;
	folded = u8_casefold((const uint8_t *)w->start + w->from, len, NULL,
	    UNINORM_NFKD, NULL, &n);
	p = (const char *)folded;
	end = p + n;
	while (p != NULL && p < end) {
		bool word;
		ucs4_t uc;
		int step = look(p, end, &uc, &word);

		if (word && !uc_is_general_category_withtable(uc, UC_CATEGORY_MASK_Mn)) {
			char low = (char)(uc | 32);

			if (uc >= 'A' && uc <= 'Z')
				put(w, &low, 1);
			else
				put(w, p, (size_t)step);
		}
		p += step;
	}
	free(folded);
}

/* The next run of word characters; it may fold to nothing. */
static bool
next_run(struct doc_words *w)
{
	bool word = false, plain = true;
	ucs4_t uc = 0;
	int n = 0;

	while (w->p < w->end) {
		n = look(w->p, w->end, &uc, &word);
		if (word)
			break;
		w->p += n;
	}
	if (!word || w->p >= w->end)
		return false;
	w->from = (size_t)(w->p - w->start);
	do {
		plain = plain && uc < 0x80;
		w->p += n;
		if (alone(uc) || w->p >= w->end)
			break;
		n = look(w->p, w->end, &uc, &word);
	} while (word && !alone(uc));
	w->to = (size_t)(w->p - w->start);
	w->len = 0;
	if (!plain)
		fold(w);
	for (size_t i = w->from; plain && i < w->to && w->len < DOC_WORD_MAX; i++)
		w->word[w->len++] = (char)(w->start[i] | (w->start[i] >= 'A' ? 32 : 0));
	w->word[w->len] = '\0';
	return true;
}

bool
doc_words_next(struct doc_words *w)
{
	do
		if (!next_run(w))
			return false;
	while (w->len == 0);
	return true;
}
