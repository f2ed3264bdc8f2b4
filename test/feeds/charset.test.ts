import assert from 'node:assert/strict';
import test from 'node:test';
import { decodeBytes } from '../../src/feeds/charset.ts';

const latin = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const utf8 = (text: string): Uint8Array => Buffer.from(text, 'utf8');

test('believes the byte order mark first', () => {
  assert.equal(
    decodeBytes(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), utf8('<a>é</a>')]), 'text/xml; charset=iso-8859-1'),
    '<a>é</a>',
  );
  assert.equal(decodeBytes(Buffer.from('\ufeff<a>é</a>', 'utf16le'), 'text/xml; charset=utf-8'), '<a>é</a>');
  assert.equal(decodeBytes(Buffer.from('<a>é</a>', 'utf16le'), ''), '<a>é</a>');
});

test('then the Content-Type, then the XML declaration, then UTF-8', () => {
  assert.equal(decodeBytes(Buffer.from([0xcf, 0xf0, 0xe8]), 'text/xml; charset="windows-1251"'), 'При');
  assert.equal(
    decodeBytes(
      Buffer.concat([latin('<?xml version="1.0" encoding="koi8-r"?>'), Buffer.from([0xf0, 0xd2, 0xc9])]),
      'text/xml',
    ).slice(-3),
    'При',
  );
  assert.equal(
    decodeBytes(Buffer.concat([latin("<?xml version='1.0' encoding='Shift_JIS'?>"), Buffer.from([0x8a, 0x94])]), '').slice(-1),
    '株',
  );
  assert.equal(decodeBytes(utf8('é'), ''), 'é');
});

test('reads UTF-8 that claims to be Latin-1, and Latin-1 that claims to be UTF-8', () => {
  assert.equal(decodeBytes(utf8('Nestlé – €5'), 'application/xml; charset=ISO-8859-1'), 'Nestlé – €5');
  assert.equal(
    decodeBytes(latin('<?xml version="1.0" encoding="UTF-8"?>Nestl\xe9 \x80'), ''),
    '<?xml version="1.0" encoding="UTF-8"?>Nestlé €',
  );
  assert.equal(decodeBytes(latin('Nestl\xe9'), 'text/xml; charset=utf-8'), 'Nestlé');
});

test('goes on with the next when a charset has no such name', () => {
  assert.equal(decodeBytes(utf8('é'), 'text/xml; charset=klingon'), 'é');
  assert.equal(decodeBytes(latin('<?xml version="1.0" encoding="x-nonsense"?>\xe9'), '').slice(-1), 'é');
  assert.equal(decodeBytes(utf8('<?xml version="1.0" encoding="utf-16"?>é'), '').slice(-1), 'é');
});
