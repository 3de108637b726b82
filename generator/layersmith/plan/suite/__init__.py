"""Plans a layer's suite: from the spec's examples to tables of cases."""

from layersmith.plan.suite.inputs import NUMPY_DTYPES
from layersmith.plan.suite.model import SuitePlan
from layersmith.plan.suite.plan import plan_suite

__all__ = ["NUMPY_DTYPES", "SuitePlan", "plan_suite"]
