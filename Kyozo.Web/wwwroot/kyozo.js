// The little that needs the browser: theme before the first paint, keys, coming back after a lost connection, following logs, panning the map.
(() => {
  const cookie = name => document.cookie.split('; ').find(part => part.startsWith(name + '='))?.split('=')[1];
  const keep = (name, value) => { document.cookie = `${name}=${value};path=/;max-age=31536000;samesite=lax`; };
  const dark = matchMedia('(prefers-color-scheme: dark)');

  const applyTheme = () => {
    const wish = cookie('kyozo-theme');
    keep('kyozo-scheme', dark.matches ? 'dark' : 'light');
    const theme = wish === 'dark' || wish === 'light' ? wish : dark.matches ? 'dark' : 'light';
    document.documentElement.dataset.theme = theme;
    return theme === 'dark';
  };
  applyTheme();

  let shell = null;
  dark.addEventListener('change', () => { const isDark = applyTheme(); shell?.invokeMethodAsync('ThemeChangedAsync', isDark); });

  addEventListener('keydown', event => {
    const typing = event.target.closest?.('input, textarea, select, [contenteditable]');
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      shell?.invokeMethodAsync('KeyAsync', 'palette');
    } else if (event.key === '?' && !typing) {
      shell?.invokeMethodAsync('KeyAsync', 'help');
    } else if ((event.key === 'j' || event.key === 'k') && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const links = [...document.querySelectorAll('.k-table a.k-rowlink')].filter(link => link.offsetParent);
      const next = links[links.indexOf(document.activeElement) + (event.key === 'j' ? 1 : -1)];
      next?.focus();
    }
  });

  // The server let go of the circuit (restart, long sleep): all state is in the URL, so loading it again comes back to the same place.
  document.addEventListener('components-reconnect-state-changed', event => {
    if (event.detail?.state === 'rejected') location.reload();
    if (event.detail?.state === 'failed') {
      const again = setInterval(async () => {
        try {
          if (!(await fetch('/alive', { cache: 'no-store' })).ok) return;
          clearInterval(again);
          if (!await Blazor.reconnect()) location.reload();
        } catch { /* not yet */ }
      }, 2000);
    }
  });

  addEventListener('change', event => { if (event.target.matches?.('[data-submit]')) event.target.form.submit(); });

  let drag = null;
  addEventListener('pointerdown', event => {
    const map = event.target.closest?.('.k-map');
    if (!map || event.button !== 0 || event.pointerType === 'touch' || event.target.closest('button, a')) return;
    drag = { map, x: event.clientX, y: event.clientY, left: map.scrollLeft, top: map.scrollTop };
    map.classList.add('dragging');
  });
  addEventListener('pointermove', event => {
    if (!drag) return;
    drag.map.scrollLeft = drag.left - (event.clientX - drag.x);
    drag.map.scrollTop = drag.top - (event.clientY - drag.y);
  });
  addEventListener('pointerup', () => { drag?.map.classList.remove('dragging'); drag = null; });

  window.kyozo = {
    attach: reference => { shell = reference; document.body.dataset.interactive = 'true'; },
    detach: () => { shell = null; },
    setTheme: wish => { keep('kyozo-theme', wish); return applyTheme(); },
    setNavigation: state => keep('kyozo-nav', state),
    showTab: () => document.querySelector('.k-tabs .active')?.scrollIntoView({ block: 'nearest', inline: 'nearest' }),
    focus: selector => document.querySelector(selector)?.focus(),
    // Follow means: stay at the end as long as the reader has not scrolled away from it.
    toEnd: element => { if (element) element.scrollTop = element.scrollHeight; },
    atEnd: element => !element || element.scrollHeight - element.scrollTop - element.clientHeight < 40,
    width: element => element?.clientWidth ?? 0,
    // Resolves to null when taken, else to the reason.
    upload: (url, form, input, progress) => new Promise(resolve => {
      const body = new FormData(document.getElementById(form));
      for (const file of document.getElementById(input).files) body.append('files', file, file.webkitRelativePath || file.name);
      const request = new XMLHttpRequest();
      request.upload.onprogress = event => event.lengthComputable && progress.invokeMethodAsync('Progress', Math.floor(event.loaded / event.total * 100));
      request.onload = () => {
        if (request.status < 300) return resolve(null);
        try { resolve(JSON.parse(request.responseText).detail); } catch { resolve(`The portal answered ${request.status}.`); }
      };
      request.onerror = () => resolve('The connection broke off. Nothing was taken over; try again.');
      request.open('POST', url);
      request.send(body);
    }),
    download: async (name, stream) => {
      const url = URL.createObjectURL(new Blob([await stream.arrayBuffer()], { type: 'text/plain' }));
      const link = Object.assign(document.createElement('a'), { href: url, download: name });
      link.click();
      URL.revokeObjectURL(url);
    },
  };
})();
