import { join } from 'node:path';
import { readRecording } from '../../sim/input/csv.js';
import { fileOf, folder } from './files.js';

describe('a bad file is refused with the first line that is wrong', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['a word for a value', 't,a\n1,2\n2,broken\n3,x\n', ', line 3: "broken" in a is no number'],
    ['a text for missing', 't,a\n1,NaN\n', ', line 2: "NaN" in a is no number'],
    ['a hexadecimal value', 't,a\n1,0x10\n', ', line 2: "0x10" in a is no number'],
    ['a decimal comma', 't,a\n1,"2,5"\n', ', line 2: "2,5" in a is no number'],
    ['a value beyond exact integers', 't,a\n1,1e20\n', ', line 2: 1e20 in a is too large'],
    ['a cell too many', 't,a\n1,2\n2,3,4\n', ', line 3: the header has 2 cells, this row 3'],
    ['a cell too few', 't,a,b\n1,2\n', ', line 2: the header has 3 cells, this row 2'],
    ['a row cut off', 't,a,b\n1,2,3\n2', ', line 3: the header has 3 cells, this row 1'],
    ['no time', 't,a\n1,2\nyesterday,3\n', ', line 3: time "yesterday" is neither'],
    ['a day that does not exist', 't,a\n2010-02-30,3\n', ', line 2: time "2010-02-30" is neither'],
    ['an empty time', 't,a\n,3\n', ', line 2: time "" is neither'],
    ['a line after a quoted line break', 't,a\n"1",2\n"2","x\ny"\n', ', line 4: "x y" in a is no number'],
    ['an open quote', 't,a\n1,2\n2,"3\n4,5\n', ', line 3: a quote that opens here is never closed'],
    ['a quote too many', 't,a\n1,"2"3\n', ', line 2: something follows the closing quote'],
    ['a quote within', 't,a\n1,2"3\n', ', line 2: a quote stands within a cell'],
    ['one column', 'a\n1\n', ', line 1: unknown header "a"'],
    ['semicolons', 't;a\n1;2\n', ', line 1: unknown header "t;a"'],
    ['no header', '2010-01-01,3\n2010-01-02,4\n', ', line 1: there is a time, "2010-01-01", where the header'],
    ['a column without a name', 't,a,\n1,2,3\n', ', line 1: unknown header: column 3 has no name'],
    ['a channel without a name', 'epoch_s,channel,value\n1,,3\n', ', line 2: the channel has no name'],
    ['too many channels', `t${',c'.repeat(300)}\n`, ', line 1: there are more than 255 channels'],
    ['another encoding', Buffer.from('t,a\n1,2\n2,\xe9\n', 'latin1'), ', line 3: the text is not UTF-8'],
    ['binary', Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0, 1), ': this is a binary file'],
    ['nothing', '', ': the file is empty'],
    ['empty lines only', '\n\n', ': the file is empty'],
    ['a header only', 't,a\n', ': there is a header but no row'],
    ['no value at all', 't,a\n1,\n2,\n', ': no row holds a value'],
  ])('%s', (_, content, message) => {
    const file = fileOf(content);
    expect(() => readRecording(file)).toThrow(`${file}${message}`);
  });

  it.each([
    ['t;a\n1;2\n', 'separated by commas, not by semicolons'],
    ['t\ta\n1\t2\n', 'separated by commas, not by tabs'],
  ])('names what stands in place of the commas: %j', (content, hint) => {
    expect(() => readRecording(fileOf(content))).toThrow(hint);
  });

  it('says so in one line of sensible length', () => {
    const file = fileOf(`t,a\n1,"${'x\n'.repeat(1000)}"\n`);
    expect(() => readRecording(file)).toThrow(/^[^\n]{0,250}$/);
  });
});

describe('what is no readable file', () => {
  it('a folder', () => {
    expect(() => readRecording(folder)).toThrow(`cannot read ${folder}: it is a folder`);
  });

  it('nothing', () => {
    expect(() => readRecording(join(folder, 'none.csv'))).toThrow('none.csv: there is no such file');
  });
});
