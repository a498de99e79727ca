/* SPDX-License-Identifier: Apache-2.0 */
// The page beside this file. It asks the server for what test control gives to anybody, /control/v1/, and follows its events; texts come into the page as
// text alone, never as HTML.

const TEXTS = {
  en: {
    open: 'Test control is open: every program on this machine may kick people, make UserSigs and refuse logins. With --control-token-file the server asks for a token.',
    token: 'Control token', enter: 'Enter', now: 'Now', sessions: 'Sessions', loginRate: 'Logins in the last minute', refusals: 'Refused in the last minute, by code',
    who: 'Who is logged in', filter: 'Filter', user: 'User', app: 'SDKAppID', platform: 'Platform', device: 'Device id', from: 'Address', node: 'Server', since: 'Since',
    until: 'UserSig until', do: 'Do', kick: 'Kick', kickOther: 'Logged in elsewhere', expire: 'Expire UserSig', invalidate: 'Invalidate UserSig', cut: 'Cut', halfOpen: 'Half-open',
    events: 'What happens', valid: 'Valid for (s)', make: 'Make a UserSig', copy: 'Copy', copied: 'copied', faults: 'Faults',
    faultsAre: 'For every app and user, until Reset.', refuseNext: 'The next logins:', code: 'code', refuse: 'Refuse', delayBy: 'Answer each login after (ms)', delay: 'Delay',
    advanceBy: 'Move the server\'s clock by (s)', advance: 'Move', cutAll: 'Cut all connections', halfOpenAll: 'Half-open all connections', pause: 'Pause accepting',
    resume: 'Resume accepting', stop: 'Stop listening', listen: 'Listen again', restart: 'Restart', reset: 'Reset', live: 'live', lost: 'not connected; trying again',
    wrongToken: 'This is not the control token.', nobody: 'Nobody is logged in.', shown: (n, all) => n === all ? `${all}` : `${n} of ${all}: filter to see others`,
    other: 'zh', otherName: '中文',
  },
  zh: {
    open: '测试控制是开放的：这台机器上的任何程序都可以踢人、签发 UserSig、拒绝登录。使用 --control-token-file 后，服务器会要求令牌。',
    token: '控制令牌', enter: '进入', now: '当前', sessions: '会话', loginRate: '最近一分钟的登录', refusals: '最近一分钟被拒绝的登录（按错误码）',
    who: '谁已登录', filter: '筛选', user: '用户', app: 'SDKAppID', platform: '平台', device: '设备 ID', from: '地址', node: '服务器', since: '登录时间',
    until: 'UserSig 有效至', do: '操作', kick: '踢下线', kickOther: '在别处登录', expire: '使 UserSig 过期', invalidate: '使 UserSig 失效', cut: '断开', halfOpen: '半开',
    events: '正在发生', valid: '有效期（秒）', make: '签发 UserSig', copy: '复制', copied: '已复制', faults: '故障',
    faultsAre: '对所有应用和用户生效，直到重置。', refuseNext: '接下来的登录次数：', code: '错误码', refuse: '拒绝', delayBy: '每次登录延迟应答（毫秒）', delay: '延迟',
    advanceBy: '调整服务器时钟（秒）', advance: '调整', cutAll: '断开所有连接', halfOpenAll: '使所有连接半开', pause: '暂停接受连接',
    resume: '恢复接受连接', stop: '停止监听', listen: '重新监听', restart: '重启', reset: '重置', live: '实时', lost: '未连接，正在重试',
    wrongToken: '控制令牌不正确。', nobody: '没有人登录。', shown: (n, all) => n === all ? `${all}` : `${all} 中的 ${n} 个：筛选以查看其他`,
    other: 'en', otherName: 'English',
  },
};

const MAX_ROWS = 200, MAX_EVENTS = 500, MINUTE = 60;
const $ = id => document.getElementById(id);

let language = navigator.language.startsWith('zh') ? 'zh' : 'en';
let token = null; // in this variable alone: gone with the page
let about = null;
let sessions = [];
let events = []; // the newest last
let cursor = 0;
let connected = false;

const text = () => TEXTS[language];

// ---- The server

async function ask(path, body) {
  const headers = token === null ? {} : {Authorization: `Bearer ${token}`};
  const options = body === undefined ? {headers} : {method: 'POST', headers, body: JSON.stringify(body)};
  const response = await fetch(`control/v1/${path}`, options);
  if (response.ok) return response;
  const said = await response.json().catch(() => ({error: response.statusText}));
  throw Object.assign(new Error(said.error), {status: response.status});
}

const json = async (path, body) => (await ask(path, body)).json();

async function act(path, body) {
  try {
    const answer = await json(path, body);
    tell(`${path} ${JSON.stringify(body)} → ${JSON.stringify(answer)}`);
    refreshSoon();
  } catch (failure) {
    tell(failure.message);
  }
}

function tell(words) {
  $('done').textContent = words;
}

// ---- Events, live

async function follow() {
  for (;;) {
    try {
      const response = await ask(`events/stream?after=${cursor}`);
      showConnected(true);
      refreshSoon();
      await readEvents(response.body.pipeThrough(new TextDecoderStream()).getReader());
    } catch (failure) {
      if (failure.status === 401) return askForToken(text().wrongToken);
    }
    showConnected(false);
    await pause(1000);
  }
}

async function readEvents(reader) {
  let rest = '';
  for (;;) {
    const {value, done} = await reader.read();
    if (done) return;
    const messages = (rest + value).split('\n\n');
    rest = messages.pop();
    for (const message of messages) {
      const data = message.split('\n').find(line => line.startsWith('data: '));
      if (data !== undefined) happened(JSON.parse(data.slice(6)));
    }
  }
}

function happened(event) {
  cursor = event.number;
  events.push(event);
  if (events.length > 2 * MAX_EVENTS) events = events.slice(-MAX_EVENTS);
  count(event);
  refreshSoon();
  drawSoon();
}

// Asks again a moment after a change, and while many come, not more than every other second. What changes while an answer is on its way is asked for, too.
let changed = false;
let refreshing = false;
async function refreshSoon() {
  changed = true;
  if (refreshing) return;
  refreshing = true;
  while (changed) {
    await pause(sessions.length > 1000 ? 2000 : 150);
    changed = false;
    try {
      sessions = (await json('sessions')).sessions;
    } catch {
      // the stream of events notices, too
    }
    drawSoon();
  }
  refreshing = false;
}

const pause = ms => new Promise(later => setTimeout(later, ms));

// ---- Drawing, at most once a frame

let drawing = false;
function drawSoon() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    drawSessions();
    drawEvents();
    drawCharts();
  });
}

function element(name, words, attributes = {}) {
  const made = document.createElement(name);
  if (words !== undefined) made.textContent = words;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

const time = iso => new Date(iso).toLocaleTimeString(language);
const dateTime = iso => new Date(iso).toLocaleString(language);
const matches = (fields, filter) => fields.join(' ').toLowerCase().includes(filter.toLowerCase());

const ACTIONS = [
  ['kick', 'kick', {cause: 'REST'}], ['kickOther', 'kick', {cause: 'OTHER_INSTANCE'}], ['expire', 'expire', {}], ['invalidate', 'invalidate', {}],
  ['cut', 'cut', {}], ['halfOpen', 'half-open', {}],
];

const keyOf = s => [s.sdkAppId, s.userId, s.platform, s.deviceId, s.port].join(' ');

// A row stays the same element, so that whoever is about to press its button does not lose it.
function drawSessions() {
  const filter = $('session-filter').value;
  const found = sessions.filter(s => matches([s.userId, s.sdkAppId, s.platform, s.deviceId, s.address, s.node], filter));
  const rows = new Map([...$('sessions').rows].map(row => [row.dataset.key, row]));
  const shown = found.slice(0, MAX_ROWS).map(s => rows.get(keyOf(s)) ?? row(s));
  const stays = new Set(shown);
  for (const old of rows.values()) if (!stays.has(old)) old.remove();
  shown.forEach((row, i) => {
    if ($('sessions').rows[i] !== row) $('sessions').insertBefore(row, $('sessions').rows[i] ?? null);
  });
  $('shown').textContent = found.length === 0 ? text().nobody : text().shown(shown.length, found.length);
  $('session-count').textContent = sessions.length;
}

function row(s) {
  const made = element('tr', undefined, {'data-key': keyOf(s)});
  const buttons = element('td', undefined, {class: 'buttons'});
  for (const [label, path, more] of ACTIONS) {
    const button = element('button', text()[label], {type: 'button', 'data-text': label, 'data-do': label, 'aria-label': `${text()[label]}: ${s.userId} ${s.platform}`});
    const instance = path === 'kick' ? {platform: s.platform, deviceId: s.deviceId} : {};
    button.addEventListener('click', () => act(path, {sdkAppId: s.sdkAppId, userId: s.userId, ...instance, ...more}));
    buttons.append(button, ' ');
  }
  const cells = words => words.map(word => element('td', word));
  made.append(...cells([s.userId, s.platform]), buttons);
  made.append(...cells([s.deviceId, s.sdkAppId, `${s.address}:${s.port}`, s.node.slice(0, 8), dateTime(s.since), dateTime(s.userSigExpiresAt)]));
  return made;
}

const GOOD = new Set(['LOGIN', 'RECONNECT']);
const BAD = new Set(['LOGIN_REFUSED', 'KICKED', 'USER_SIG_EXPIRED', 'PROTOCOL_ERROR']);

function drawEvents() {
  const filter = $('event-filter').value;
  const line = e => [time(e.time), e.type, e.userId, e.platform ?? '', e.deviceId, e.code === 0 ? '' : e.code, e.text];
  const lines = events.slice(-MAX_EVENTS).filter(e => matches(line(e), filter)).reverse().map(e => {
    const made = element('li', line(e).filter(words => words !== '').join('  '));
    if (GOOD.has(e.type)) made.dataset.good = '';
    if (BAD.has(e.type)) made.dataset.bad = '';
    return made;
  });
  $('events').replaceChildren(...lines);
}

// ---- The last minute, a second a bar

const seconds = Array.from({length: MINUTE}, () => ({logins: 0, sessions: 0, refused: {}}));

function count(event) {
  const second = seconds[MINUTE - 1];
  if (GOOD.has(event.type)) second.logins++;
  if (event.type === 'LOGIN_REFUSED') second.refused[event.code] = (second.refused[event.code] ?? 0) + 1;
}

function nextSecond() {
  seconds[MINUTE - 1].sessions = sessions.length;
  seconds.push({logins: 0, sessions: sessions.length, refused: {}});
  seconds.shift();
  drawCharts();
}

function drawCharts() {
  bars($('session-chart'), seconds.map(s => s.sessions));
  const logins = seconds.map(s => s.logins);
  bars($('login-chart'), logins);
  $('login-count').textContent = logins.reduce((a, b) => a + b, 0);
  const codes = {};
  for (const s of seconds) for (const [code, n] of Object.entries(s.refused)) codes[code] = (codes[code] ?? 0) + n;
  const lines = Object.entries(codes).sort((a, b) => b[1] - a[1]).map(([code, n]) => {
    const made = element('li');
    made.append(element('span', code), element('span', n));
    return made;
  });
  $('refusals').replaceChildren(...(lines.length === 0 ? [element('li', '0')] : lines));
}

function bars(svg, values) {
  const most = Math.max(1, ...values);
  svg.replaceChildren(...values.map((value, i) => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
    const height = 20 * value / most;
    for (const [key, number] of Object.entries({x: i, y: 20 - height, width: 0.9, height})) made.setAttribute(key, number);
    return made;
  }));
  svg.setAttribute('aria-label', `${values[values.length - 1]}, ≤ ${Math.max(...values)}`);
}

// ---- What one fills in

const filledIn = form => Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, form.elements[name].type === 'number' || name === 'sdkAppId' ? Number(value) : value]));

document.querySelectorAll('form[data-do]').forEach(form => form.addEventListener('submit', submitted => {
  submitted.preventDefault();
  act(form.dataset.do, filledIn(form));
}));

$('usersig').addEventListener('submit', async submitted => {
  submitted.preventDefault();
  const wanted = filledIn($('usersig'));
  try {
    const {userSig} = await json('usersig', wanted);
    const quoted = JSON.stringify(wanted.userId);
    $('made-sig').value = userSig;
    $('made-java').value = `TimClient tim = TimClient.builder().sdkAppId(${wanted.sdkAppId}L).server("${about.uri}").build();\n`
        + `tim.login(${quoted}, "${userSig}").join();`;
    $('made-c').value = `TIMInit(${wanted.sdkAppId}, "{\\"shim_server\\":\\"${about.uri}\\"}");\nTIMLogin(${quoted}, "${userSig}", on_login, NULL);`;
    $('made-cli').value = `TIM_USER_SIG=${userSig} \\\n  java -jar tim4j-all.jar login --server ${about.uri} --sdkappid ${wanted.sdkAppId} --user '${wanted.userId.replaceAll("'", "'\\''")}' --hold`;
    $('made').hidden = false;
    tell('');
  } catch (failure) {
    tell(failure.message);
  }
});

document.querySelectorAll('button[data-copy]').forEach(button => button.addEventListener('click', async () => {
  const from = $(button.dataset.copy);
  from.select();
  await navigator.clipboard.writeText(from.value).catch(() => document.execCommand('copy'));
  tell(text().copied);
}));

for (const id of ['session-filter', 'event-filter']) $(id).addEventListener('input', drawSoon);

// ---- Words

function speak() {
  document.documentElement.lang = language;
  document.querySelectorAll('[data-text]').forEach(at => { at.textContent = text()[at.dataset.text]; });
  $('language').textContent = text().otherName;
  $('language').lang = text().other;
  showConnected(connected);
  $('sessions').replaceChildren();
  drawSoon();
}

$('language').addEventListener('click', () => {
  language = text().other;
  speak();
});

function showConnected(now) {
  connected = now;
  $('live').textContent = now ? `● ${text().live}` : `○ ${text().lost}`;
}

// ---- Begin

function askForToken(problem) {
  $('problem').textContent = problem ?? '';
  $('problem').hidden = problem === undefined;
  document.querySelector('main').hidden = true;
  $('token').hidden = false;
  $('token').elements.token.focus();
}

$('token').addEventListener('submit', submitted => {
  submitted.preventDefault();
  token = $('token').elements.token.value;
  $('token').reset();
  begin();
});

async function begin() {
  try {
    about = await json('server');
    ({events, cursor} = await json('events'));
  } catch (failure) {
    if (failure.status === 401) return askForToken(token === null ? undefined : text().wrongToken);
    $('problem').textContent = failure.message;
    $('problem').hidden = false;
    return;
  }
  $('problem').hidden = true;
  $('token').hidden = true;
  $('open').hidden = about.controlToken;
  $('address').textContent = about.uri;
  $('usersig').elements.sdkAppId.replaceChildren(...about.sdkAppIds.map(app => element('option', app)));
  document.querySelector('main').hidden = false;
  follow();
}

speak();
setInterval(nextSecond, 1000);
begin();
