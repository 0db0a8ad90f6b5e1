/*
 * Translating the scripts of a tree when it is deployed, so that the first visitor does
 * not wait for it and the author hears of mistakes at once.
 * Thread contract: as the staging given.
 */
#ifndef DEPLOY_TRANSLATE_H
#define DEPLOY_TRANSLATE_H

#include "deploy/staging.h"

/*
 * Translate what is code (runtime/transpile.h) and has not been translated, and keep it in
 * the store; warnings say what is wrong with it.  Nothing here fails a deploy: what could
 * not be done is done when it is first used.  Not inside a transaction.
 */
void	translate_staged(struct staging *);

#endif
