/* Included before the engine's files: what engine.json, "edits", makes them call. */
#ifndef PROFILE_H
#define PROFILE_H

extern int profiling;
extern void profileCount(struct sxMachine* the, struct sxSlot* frame, const signed char* code);

/* Around a garbage collection; of use on rv32 only. */
#ifdef __riscv
extern void collectionBegins(void);
extern void collectionEnds(void);
#else
#define collectionBegins()
#define collectionEnds()
#endif

#endif
