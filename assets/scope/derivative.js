// The spike-derivative scope.

export class DerivativeScope {
  destroy() {}
}
