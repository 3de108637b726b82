"""Plans the oracle: the forward pass in NumPy, from the spec and not from the layer."""

from layersmith.plan.oracle.model import OraclePlan
from layersmith.plan.oracle.plan import plan_oracle

__all__ = ["OraclePlan", "plan_oracle"]
