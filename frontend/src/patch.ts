import htmx from "htmx.org";

/**
 * Bring the page up to date with elements that the server sent. Each takes the place of the one with its id, or its
 * place by `data-order` in the list `data-in`; one with an unchanged `data-key` stays as it is, another brings its
 * address `data-url` along. `<template data-gone>` names one that is gone, and after `all` everything in live lists
 * that was not sent is gone.
 */
export function patch(html: string, all: boolean): void {
  const sent = document.createElement("template");
  sent.innerHTML = html;
  const ids = new Set<string>();
  for (const element of [...sent.content.children] as HTMLElement[]) {
    if (element.dataset.gone) {
      document.getElementById(element.dataset.gone)?.remove();
    } else {
      ids.add(element.id);
      settle(element);
    }
  }
  if (all) {
    for (const child of document.querySelectorAll("[data-live-list] > [id]")) {
      if (!ids.has(child.id)) {
        child.remove();
      }
    }
  }
}

function settle(element: HTMLElement): void {
  const old = document.getElementById(element.id);
  if (!old) {
    if (insert(element)) {
      element.classList.add("arrived");
      htmx.process(element);
    }
    return;
  }
  if (old.dataset.key !== undefined && old.dataset.key === element.dataset.key) {
    return;
  }
  const { in: list, order } = element.dataset;
  if (list !== old.dataset.in || order !== old.dataset.order) {
    old.remove();
    insert(element);
    htmx.process(element);
    return;
  }
  if (element.dataset.url && element.dataset.url !== location.pathname) {
    history.replaceState(history.state, "", element.dataset.url);
  }
  const style = old.dataset.key === undefined ? "outerMorph" : "outerHTML";
  void htmx.swap({ text: element.outerHTML, target: old, sourceElement: old, swap: style });
}

function insert(element: HTMLElement): boolean {
  const list = element.dataset.in ? document.getElementById(element.dataset.in) : null;
  const order = element.dataset.order ?? "";
  const next = [...(list?.children ?? [])].find((child) => ((child as HTMLElement).dataset.order ?? "") > order);
  list?.insertBefore(element, next ?? null);
  return list !== null;
}
