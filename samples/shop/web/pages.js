import { html } from './html.js';

/** The shelf: every product with its price and an order form. */
export function shelfPage({ currency, products }) {
  const offer = products.find(product => product.price?.insteadOf);
  return page('Tea', '/', html`
    <section class="hero">
      <h1>Eight teas. No more, no less.</h1>
      <p>Tins of 100 g, sent the day you order.
        ${offer && html`Today's offer: <a href="#${offer.id}">${offer.name}</a>.`}</p>
    </section>
    <section class="shelf">${products.map(product => card(product, currency))}</section>`);
}

function card({ id, name, origin, description, colour, price }, currency) {
  return html`
    <article class="card" id="${id}">
      ${tin(colour)}
      <h2>${name}</h2>
      <p class="origin">${origin}</p>
      <p class="description">${description}</p>
      ${price
        ? html`
          <p class="price">${price.insteadOf && html`<s>${money(price.insteadOf, currency)}</s> `}${money(price.cents, currency)}</p>
          <form method="post" action="/orders">
            <input type="hidden" name="product" value="${id}">
            <input type="number" name="quantity" value="1" min="1" max="99" required aria-label="Tins of ${name}">
            <button>Order</button>
          </form>`
        : html`<p class="price unknown">Price not known at the moment</p>`}
    </article>`;
}

/** The orders; one just placed that the worker has not written yet is shown as on its way. */
export function ordersPage({ waiting, orders }, placed) {
  const onItsWay = placed && !orders.some(order => order.id === placed);
  return page('Orders', '/orders', html`
    <section class="hero">
      <h1>Orders</h1>
      ${placed && (onItsWay
        ? html`<p class="note" role="status">Thank you! Your order is on its way to the worker ${waiting > 1 && `(${waiting} are waiting)`} …</p>`
        : html`<p class="note done" role="status">Thank you! Your order is accepted.</p>`)}
    </section>
    ${orders.length === 0 && !onItsWay && html`<p class="empty">Nobody has ordered yet. <a href="/">Be the first.</a></p>`}
    ${orders.length > 0 && html`
      <table>
        <thead><tr><th>No.</th><th>Tea</th><th class="number">Tins</th><th class="number">Sum</th><th>Placed</th></tr></thead>
        <tbody>${orders.map(order => html`
          <tr class="${order.id === placed && 'placed'}">
            <td class="number">${order.number}</td>
            <td><span class="dot" style="background:${order.colour}"></span>${order.product}</td>
            <td class="number">${order.quantity}</td>
            <td class="number">${money(order.cents, 'EUR')}</td>
            <td><time datetime="${order.placedAt}">${order.placedAt.slice(0, 16).replace('T', ' ')} UTC</time></td>
          </tr>`)}</tbody>
      </table>`}`, onItsWay && 1);
}

export function problemPage(message) {
  return page('Sorry', null, html`<section class="hero"><h1>Sorry.</h1><p>${message}</p><p><a href="/">Back to the shelf</a></p></section>`);
}

function page(title, path, content, refreshSeconds) {
  const link = (to, text) => html`<a href="${to}" ${to === path && html`aria-current="page"`}>${text}</a>`;
  return html`<!doctype html>
    <html lang="en">
    <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      ${refreshSeconds && html`<meta http-equiv="refresh" content="${refreshSeconds}">`}
      <title>${title} · Lantern &amp; Leaf</title>
      <link rel="icon" href="/icon.svg">
      <link rel="stylesheet" href="/shop.css">
    </head>
    <body>
      <header><a class="name" href="/"><img src="/icon.svg" alt="" width="28" height="28">Lantern &amp; Leaf</a>
        <nav>${link('/', 'Tea')}${link('/orders', 'Orders')}</nav></header>
      <main>${content}</main>
      <footer>A sample of Kyozo: six services, found in one folder.</footer>
    </body>
    </html>`.toString();
}

function tin(colour) {
  return html`
    <svg class="tin" viewBox="0 0 120 120" aria-hidden="true">
      <ellipse cx="60" cy="104" rx="34" ry="6" fill="#0001"/>
      <rect x="28" y="34" width="64" height="70" rx="8" fill="${colour}"/>
      <rect x="28" y="34" width="18" height="70" rx="8" fill="#fff2"/>
      <rect x="25" y="20" width="70" height="18" rx="6" fill="${colour}"/>
      <rect x="25" y="20" width="70" height="18" rx="6" fill="#0003"/>
      <rect x="38" y="52" width="44" height="36" rx="4" fill="#fdfaf3"/>
      <path d="M60 82c-11-5-12-17 0-26c12 9 11 21 0 26zm0-22v24" fill="none" stroke="${colour}" stroke-width="2.4" stroke-linecap="round"/>
    </svg>`;
}

function money(cents, currency) {
  return new Intl.NumberFormat('en-IE', { style: 'currency', currency }).format(cents / 100);
}
