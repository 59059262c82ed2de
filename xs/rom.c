/*
 * The ROM machine: what is in flash on a device.
 *
 * It does the work of the SDK's compiler and linker. Each module is compiled, its names are interned, its byte code is
 * rewritten so that function bodies and strings are used where they stand; preloaded modules are evaluated; built-ins are
 * frozen; everything is write-protected. The device machine is then a clone that shares it all.
 *
 * Three things that the SDK's linker does and a plain fxShareMachine does not:
 *   - values copied out of the ROM must not look like chunks of the device's own heap, or its collector moves them;
 *   - the global object fills its cache of built-ins at first use, which is a write: it is filled beforehand;
 *   - functions, classes and what cannot be aliased anyway are frozen, or each would take a place in the alias table.
 */
#include "host.h"

extern void fxRemapIDs(txMachine* the, txByte* codeBuffer, txSize codeSize, txID* theIDs);

static void compile(txMachine* the, Module* module);
static void internNames(txMachine* the, txScript* script);
static void useInPlace(txScript* script);
static void preload(txMachine* machine, Module* module);
static void freeze(txMachine* machine);
static void freezeUnasked(txMachine* the);
static void freezeInstance(txSlot* instance);
static void freezeClosure(txSlot* closure);
static void fillGlobals(txMachine* machine);
static void sealValues(txMachine* the);

void buildRom(Host* host)
{
  txCreation creation = {
      .initialChunkSize = 1 << 20,
      .incrementalChunkSize = 1 << 20,
      .initialHeapCount = 1 << 15,
      .incrementalHeapCount = 1 << 14,
      .stackCount = 8192,
      .initialKeyCount = 16000,
      .incrementalKeyCount = 0,
      .nameModulo = host->options.names,
      .symbolModulo = host->options.symbols,
      .parserBufferSize = 32 * 1024,
      .parserTableModulo = 1993,
  };
  txMachine* machine = host->rom = fxCreateMachine(&creation, "rom", host, XS_NO_ID);
  xsBeginHost(machine);
  defineNatives(the);
  for (int i = 0; i < host->moduleCount; i++) compile(the, &host->modules[i]);
  xsEndHost(machine);
  for (int i = 0; i < host->moduleCount; i++)
    if (host->modules[i].isPreloaded) preload(machine, &host->modules[i]);
  freeze(machine);
  fillGlobals(machine);
  fxShareMachine(machine);
  sealValues(machine);
  protectRom();
}

static void reportSyntaxError(void* console, txString path, txInteger line, txString format, c_va_list arguments)
{
  (void)console;
  fprintf(stderr, "%s:%d: ", path ? path : "?", (int)line);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
}

static void compile(txMachine* the, Module* module)
{
  txParser parser;
  txParserJump jump;
  txScript* volatile script = NULL;
  FILE* file = fopen(module->path, "r");
  if (!file) usageError("%s cannot be opened", module->path);
  fxInitializeParser(&parser, the, the->parserBufferSize, the->parserTableModulo);
  parser.firstJump = &jump;
  parser.reportError = reportSyntaxError;
  if (c_setjmp(jump.jmp_buf) == 0) {
    parser.path = fxNewParserSymbol(&parser, (txString)module->path);
    fxParserTree(&parser, file, (txGetter)fgetc, 0, NULL);
    fxParserHoist(&parser);
    fxParserBind(&parser);
    if (parser.errorCount == 0) script = fxParserCode(&parser);
  }
  if (parser.errorCount || !script) usageError("%s does not compile", module->path);
  fxTerminateParser(&parser);
  fclose(file);
  internNames(the, script);
  useInPlace(script);
  txByte* code = romPages((size_t)script->codeSize);
  memcpy(code, script->codeBuffer, (size_t)script->codeSize);
  free(script->codeBuffer);
  script->codeBuffer = code;
  module->script = script;
}

/* Without a table of symbols, the engine neither renumbers the code when it runs it, nor frees it afterwards. */
static void internNames(txMachine* the, txScript* script)
{
  txByte* p = script->symbolsBuffer;
  txID count;
  mxDecodeID(p, count);
  txID* ids = calloc((size_t)count + 1, sizeof(txID));
  for (txID i = 1; i < count; i++) {
    ids[i] = fxNewNameC(the, (txString)p);
    p += strlen((char*)p) + 1;
  }
  fxRemapIDs(the, script->codeBuffer, script->codeSize, ids);
  free(ids);
  free(script->symbolsBuffer);
  script->symbolsBuffer = NULL;
  script->symbolsSize = 0;
}

/* The "archive" forms of these codes point into the code instead of copying a piece of it into a chunk. */
static void useInPlace(txScript* script)
{
  txByte* end = script->codeBuffer + script->codeSize;
  for (txByte* p = script->codeBuffer; p < end;) {
    txU1 code = *(txU1*)p;
    if (code >= XS_CODE_CODE_1 && code <= XS_CODE_CODE_4) *(txU1*)p += XS_CODE_CODE_ARCHIVE_1 - XS_CODE_CODE_1;
    if (code >= XS_CODE_STRING_1 && code <= XS_CODE_STRING_4) *(txU1*)p += XS_CODE_STRING_ARCHIVE_1 - XS_CODE_STRING_1;
    txS1 size = gxCodeSizes[code];
    if (size > 0) p += size;
    else if (size == 0) p += 1 + sizeof(txID);
    else if (size == -1) p += 2 + *(txU1*)(p + 1);
    else if (size == -2) {
      txU2 length;
      memcpy(&length, p + 1, sizeof(length));
      p += 3 + length;
    }
    else {
      txS4 length;
      memcpy(&length, p + 1, sizeof(length));
      p += 5 + length;
    }
  }
}

static void preload(txMachine* machine, Module* module)
{
  xsBeginHost(machine);
  mxPushStringC((txString)module->name);
  fxRunImport(the, mxModuleInstanceInternal(mxProgram.value.reference)->value.module.realm, XS_NO_ID);
  mxPop();
  xsEndHost(machine);
  runJobs(machine);
}

/* Every object that can be reached from the global one, and the prototypes that only syntax can reach. */
static const char freezer[] =
    "(function () {"
    "  const seen = new Set();"
    "  const visit = (value) => {"
    "    if (value === null || (typeof value !== 'object' && typeof value !== 'function') || seen.has(value)) return;"
    "    seen.add(value);"
    "    for (const key of Reflect.ownKeys(value)) {"
    "      const { value: inner, get, set } = Reflect.getOwnPropertyDescriptor(value, key);"
    "      [inner, get, set].forEach(visit);"
    "    }"
    "    visit(Reflect.getPrototypeOf(value));"
    "    if (value !== globalThis) Object.freeze(value);"
    "  };"
    "  visit(globalThis);"
    "  [function* () {}, async function () {}, async function* () {}].forEach((f) => {"
    "    visit(Reflect.getPrototypeOf(f));"
    "    visit(f.prototype && Reflect.getPrototypeOf(f.prototype));"
    "  });"
    "  [[].values(), new Map().keys(), new Set().keys(), ''[Symbol.iterator](), ''.matchAll(/a/g)]"
    "    .forEach((iterator) => visit(Reflect.getPrototypeOf(iterator)));"
    "})()";

static void freeze(txMachine* machine)
{
  xsBeginHost(machine);
  txStringCStream stream = {.buffer = (txString)freezer, .offset = 0, .size = sizeof(freezer) - 1};
  txSlot* realm = mxModuleInstanceInternal(mxProgram.value.reference)->value.module.realm;
  fxRunScript(the, fxParseScript(the, &stream, fxStringCGetter, mxProgramFlag), &mxGlobal, C_NULL,
              mxRealmClosures(realm)->value.reference, C_NULL, mxProgram.value.reference);
  mxPop();
  xsEndHost(machine);
  fxCollectGarbage(machine);
  freezeUnasked(machine);
}

/* What the SDK's linker freezes of itself: functions, their prototypes, environments, and what cannot be aliased. */
static void freezeUnasked(txMachine* the)
{
  for (txSlot* heap = the->firstHeap; heap; heap = heap->next)
    for (txSlot* slot = heap + 1; slot < heap->value.reference; slot++) {
      txSlot* inner = slot->next;
      if (slot->kind == XS_CLOSURE_KIND) freezeClosure(slot->value.closure);
      if (slot->kind != XS_INSTANCE_KIND || !inner || !(inner->flag & XS_INTERNAL_FLAG)) continue;
      switch (inner->kind) {
      case XS_CALLBACK_KIND:
      case XS_CALLBACK_X_KIND:
      case XS_CODE_KIND:
      case XS_CODE_X_KIND:
        freezeInstance(slot);
        for (txSlot* p = inner->next; p && (slot->flag & XS_CAN_CONSTRUCT_FLAG); p = p->next)
          if (p->ID == mxID(_prototype) && p->kind == XS_REFERENCE_KIND) freezeInstance(p->value.reference);
        break;
      case XS_MAP_KIND:
      case XS_SET_KIND:
      case XS_WEAK_MAP_KIND:
      case XS_WEAK_SET_KIND:
      case XS_WEAK_REF_KIND:
      case XS_ARRAY_BUFFER_KIND:
      case XS_DATA_VIEW_KIND:
      case XS_TYPED_ARRAY_KIND:
      case XS_PROMISE_KIND:
      case XS_PROXY_KIND:
      case XS_REGEXP_KIND: freezeInstance(slot); break;
      default:
        if (inner->ID == XS_ENVIRONMENT_BEHAVIOR) freezeInstance(slot);
        break;
      }
    }
}

static void freezeInstance(txSlot* instance)
{
  instance->flag |= XS_DONT_PATCH_FLAG;
  for (txSlot* p = instance->next; p; p = p->next) {
    p->flag |= XS_DONT_DELETE_FLAG;
    if (p->kind != XS_ACCESSOR_KIND) p->flag |= XS_DONT_SET_FLAG;
  }
}

/* A variable that holds a function counts as constant. */
static void freezeClosure(txSlot* closure)
{
  if (closure->kind == XS_REFERENCE_KIND && mxIsFunction(closure->value.reference)) closure->flag |= XS_DONT_SET_FLAG;
}

static void fillGlobals(txMachine* the)
{
  for (txID id = XS_SYMBOL_ID_COUNT; id < XS_INTRINSICS_COUNT; id++)
    mxBehaviorGetProperty(the, mxGlobal.value.reference, id, 0, XS_ANY);
}

static void sealSlot(txSlot* slot)
{
  switch (slot->kind) {
  case XS_STRING_KIND: slot->kind = XS_STRING_X_KIND; break;
  case XS_BIGINT_KIND: slot->kind = XS_BIGINT_X_KIND; break;
  case XS_KEY_KIND: slot->kind = XS_KEY_X_KIND; break;
  case XS_CODE_KIND: slot->kind = XS_CODE_X_KIND; break;
  case XS_ARRAY_KIND:
    if (slot->value.array.address) {
      txSlot* item = slot->value.array.address;
      txIndex count = (txIndex)(((txChunk*)((txByte*)item - sizeof(txChunk)))->size / (txSize)sizeof(txSlot));
      if (count > slot->value.array.length) count = slot->value.array.length;
      while (count--) sealSlot(item++);
    }
    break;
  default: break;
  }
}

static void sealValues(txMachine* the)
{
  for (txSlot* heap = the->firstHeap; heap; heap = heap->next)
    for (txSlot* slot = heap + 1; slot < heap->value.reference; slot++) sealSlot(slot);
  for (txSlot* slot = the->stack; slot < the->stackTop; slot++) sealSlot(slot);
  for (txBlock* block = the->firstBlock; block; block = block->nextBlock)
    for (txByte *p = (txByte*)(block + 1), *next; p < block->current; p = next) {
      next = ((txChunk*)p)->temporary;
      ((txChunk*)p)->temporary = NULL;
    }
}

/* Modules are known by the paths of their files; "./" and "../" lead from one to another. */
txID fxFindModule(txMachine* the, txSlot* realm, txID importer, txSlot* specifier)
{
  char name[C_PATH_MAX] = "", path[2 * C_PATH_MAX] = "";
  const char* rest = name;
  (void)realm;
  fxToStringBuffer(the, specifier, name, sizeof(name));
  if (name[0] == '.') {
    if (importer != XS_NO_ID) snprintf(path, C_PATH_MAX, "%s", fxGetKeyName(the, importer));
    char* slash = strrchr(path, '/');
    path[slash ? slash + 1 - path : 0] = 0;
    while (rest[0] == '.') {
      bool isUp = rest[1] == '.';
      if (rest[isUp ? 2 : 1] != '/') break;
      rest += isUp ? 3 : 2;
      if (!isUp || path[0] == 0) continue;
      path[strlen(path) - 1] = 0;
      slash = strrchr(path, '/');
      path[slash ? slash + 1 - path : 0] = 0;
    }
  }
  strcat(path, rest);
  char* extension = strrchr(path, '.');
  if (extension && !strcmp(extension, ".js")) *extension = 0;
  for (int i = 0; i < the->host->moduleCount; i++)
    if (!strcmp(the->host->modules[i].name, path)) return fxNewNameC(the, path);
  return XS_NO_ID;
}

void fxLoadModule(txMachine* the, txSlot* module, txID id)
{
  for (int i = 0; i < the->host->moduleCount; i++)
    if (!strcmp(the->host->modules[i].name, fxGetKeyName(the, id)))
      fxResolveModule(the, module, id, the->host->modules[i].script, C_NULL, C_NULL);
}
