/* Included before the engine's interpreter, which counts each byte code by it (engine.json, "edits"). */
#ifndef PROFILE_H
#define PROFILE_H

extern int profiling;
extern void profileCount(struct sxMachine* the, struct sxSlot* frame, const signed char* code);

#endif
