// solvers/runge_kutta.cpp: the tables, and the conditions that they are checked by.
#include <dimwise/solvers/runge_kutta.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace dimwise {
namespace {

using table_t = runge_kutta_table;

template <int N>
constexpr void row(double (&to)[table_t::most_stages], const double (&from)[N]) {
  for (int i = 0; i < N; i++) to[i] = from[i];
}
template <int N>
constexpr void powers(double (&to)[table_t::most_powers], const double (&from)[N]) {
  for (int i = 0; i < N; i++) to[i] = from[i];
}
constexpr void finish(table_t& t) {
  for (int i = 0; i < t.stages; i++) {
    t.c[i] = 0;
    for (int j = 0; j < i; j++) t.c[i] += t.a[i][j];
  }
  if (!t.first_is_last) return;
  row(t.b, t.a[t.stages - 1]);
  t.c[t.stages - 1] = 1;  // to the last digit, so that the stage is exactly the first of the next step
}
// Cubic Hermite through both ends, for a scheme whose last stage is f at the end.
constexpr void hermite(table_t& t) {
  t.powers = t.dense_order = 3;
  for (int i = 0; i < t.stages; i++) t.dense[i][1] = 3 * t.b[i], t.dense[i][2] = -2 * t.b[i];
  t.dense[0][0] += 1, t.dense[0][1] += -2, t.dense[0][2] += 1;
  t.dense[t.stages - 1][1] += -1, t.dense[t.stages - 1][2] += 1;
}

constexpr table_t euler() {
  table_t t;
  t.name = "Euler";
  t.b[0] = t.dense[0][0] = 1;
  return t;
}

constexpr table_t midpoint() {
  table_t t;
  t.name = "midpoint";
  t.stages = t.order = t.dense_order = t.powers = 2;
  row(t.a[1], {0.5});
  row(t.b, {0.0, 1.0});
  powers(t.dense[0], {1.0, -1.0});
  powers(t.dense[1], {0.0, 1.0});
  finish(t);
  return t;
}

constexpr table_t rk4() {
  table_t t;
  t.name = "RK4";
  t.stages = t.order = 4;
  t.dense_order = t.powers = 3;
  row(t.a[1], {0.5});
  row(t.a[2], {0.0, 0.5});
  row(t.a[3], {0.0, 0.0, 1.0});
  row(t.b, {1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6});
  powers(t.dense[0], {1.0, -3.0 / 2, 2.0 / 3});
  powers(t.dense[1], {0.0, 1.0, -2.0 / 3});
  powers(t.dense[2], {0.0, 1.0, -2.0 / 3});
  powers(t.dense[3], {0.0, -1.0 / 2, 2.0 / 3});
  finish(t);
  return t;
}

constexpr table_t bosh3() {
  table_t t;
  t.name = "Bosh3";
  t.stages = 4;
  t.order = 3;
  t.error_order = 2;
  t.first_is_last = true;
  row(t.a[1], {1.0 / 2});
  row(t.a[2], {0.0, 3.0 / 4});
  row(t.a[3], {2.0 / 9, 1.0 / 3, 4.0 / 9});
  row(t.error, {2.0 / 9 - 7.0 / 24, 1.0 / 3 - 1.0 / 4, 4.0 / 9 - 1.0 / 3, -1.0 / 8});
  finish(t);
  hermite(t);
  return t;
}

constexpr table_t dopri5() {
  table_t t;
  t.name = "Dopri5";
  t.stages = 7;
  t.order = 5;
  t.error_order = t.dense_order = t.powers = 4;
  t.first_is_last = true;
  row(t.a[1], {1.0 / 5});
  row(t.a[2], {3.0 / 40, 9.0 / 40});
  row(t.a[3], {44.0 / 45, -56.0 / 15, 32.0 / 9});
  row(t.a[4], {19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729});
  row(t.a[5], {9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656});
  row(t.a[6], {35.0 / 384, 0.0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84});
  row(t.error, {71.0 / 57600, 0.0, -71.0 / 16695, 71.0 / 1920, -17253.0 / 339200, 22.0 / 525, -1.0 / 40});
  powers(t.dense[0], {1.0, -8048581381.0 / 2820520608, 8663915743.0 / 2820520608, -12715105075.0 / 11282082432});
  powers(t.dense[2], {0.0, 131558114200.0 / 32700410799, -68118460800.0 / 10900136933, 87487479700.0 / 32700410799});
  powers(t.dense[3], {0.0, -1754552775.0 / 470086768, 14199869525.0 / 1410260304, -10690763975.0 / 1880347072});
  powers(t.dense[4], {0.0, 127303824393.0 / 49829197408, -318862633887.0 / 49829197408, 701980252875.0 / 199316789632});
  powers(t.dense[5], {0.0, -282668133.0 / 205662961, 2019193451.0 / 616988883, -1453857185.0 / 822651844});
  powers(t.dense[6], {0.0, 40617522.0 / 29380423, -110615467.0 / 29380423, 69997945.0 / 29380423});
  finish(t);
  return t;
}

constexpr table_t tsit5() {
  table_t t;
  t.name = "Tsit5";
  t.stages = 7;
  t.order = 5;
  t.error_order = t.dense_order = t.powers = 4;
  t.first_is_last = true;
  row(t.a[1], {0.161});
  row(t.a[2], {-0.008480655492356988544426874250230774675, 0.3354806554923569885444268742502307746751});
  row(t.a[3], {2.897153057105493432130432594192938764924, -6.359448489975074843148159912383825625953,
               4.362295432869581411017727318190886861028});
  row(t.a[4], {5.325864828439256604428877920840511317836, -11.74888356406282787774717033978577296188,
               7.495539342889836208304604784564358155659, -0.09249506636175524925650207933207191611350});
  row(t.a[5], {5.861455442946420028659251486982647890394, -12.92096931784710929170611868178335939542,
               8.159367898576158643180400794539253485182, -0.07158497328140099722453054252582973869127,
               -0.02826905039406838290900305721271224146718});
  row(t.a[6], {0.09646076681806522951816731316512876333712, 0.01, 0.4798896504144995747752495322905965199130,
               1.379008574103741893192274821856872770756, -3.290069515436080679901047585711363850116,
               2.324710524099773982415355918398765796109});
  row(t.error, {0.09646076681806522951816731316512876333712 - 0.09468075576583945807478876255758922856117,
                0.01 - 0.009183565540343253096776363936645313759814,
                0.4798896504144995747752495322905965199130 - 0.4877705284247615707855642599631228241517,
                1.379008574103741893192274821856872770756 - 1.234297566930478985655109673884237654036,
                -3.290069515436080679901047585711363850116 + 2.707712349983525454881109975059321670690,
                2.324710524099773982415355918398765796109 - 1.866628418170587035753719399566211498666, -1.0 / 66});
  // factor theta^2 (theta^2 - s theta + p)
  const auto quartic = [&](int i, double factor, double s, double p) {
    powers(t.dense[i], {0.0, factor * p, -factor * s, factor});
  };
  {
    const double f = -1.0530884977290216, r = 1.3299890189751412, s = 1.4364028541716351, p = 0.7139816917074209;
    powers(t.dense[0], {-f * r * p, f * (p + r * s), -f * (s + r), f});
  }
  quartic(1, 0.1017, 2.1966568338249754, 1.2949852507374631);
  quartic(2, 2.490627285651252793, 2.38535645472061657, 1.57803468208092486);
  quartic(3, -16.54810288924490272, 1.21712927295533244 + 0.61620406037800089, 1.21712927295533244 * 0.61620406037800089);
  quartic(4, 47.37952196281928122, 1.203071208372362603 + 0.658047292653547382, 1.203071208372362603 * 0.658047292653547382);
  quartic(5, -34.87065786149660974, 1.2 + 2.0 / 3, 0.8);
  quartic(6, 2.5, 1.6, 0.6);
  finish(t);
  return t;
}

constexpr table_t dopri8() {
  table_t t;
  t.name = "Dopri8";
  t.stages = 14;
  t.order = 8;
  t.error_order = 7;
  t.dense_order = 5;
  t.powers = 6;
  t.first_is_last = true;
  row(t.a[1], {1.0 / 18});
  row(t.a[2], {1.0 / 48, 1.0 / 16});
  row(t.a[3], {1.0 / 32, 0.0, 3.0 / 32});
  row(t.a[4], {5.0 / 16, 0.0, -75.0 / 64, 75.0 / 64});
  row(t.a[5], {3.0 / 80, 0.0, 0.0, 3.0 / 16, 3.0 / 20});
  row(t.a[6], {29443841.0 / 614563906, 0.0, 0.0, 77736538.0 / 692538347, -28693883.0 / 1125000000, 23124283.0 / 1800000000});
  row(t.a[7], {16016141.0 / 946692911, 0.0, 0.0, 61564180.0 / 158732637, 22789713.0 / 633445777, 545815736.0 / 2771057229,
               -180193667.0 / 1043307555});
  row(t.a[8], {39632708.0 / 573591083, 0.0, 0.0, -433636366.0 / 683701615, -421739975.0 / 2616292301, 100302831.0 / 723423059,
               790204164.0 / 839813087, 800635310.0 / 3783071287});
  row(t.a[9], {246121993.0 / 1340847787, 0.0, 0.0, -37695042795.0 / 15268766246, -309121744.0 / 1061227803,
               -12992083.0 / 490766935, 6005943493.0 / 2108947869, 393006217.0 / 1396673457, 123872331.0 / 1001029789});
  row(t.a[10],
      {-1028468189.0 / 846180014, 0.0, 0.0, 8478235783.0 / 508512852, 1311729495.0 / 1432422823, -10304129995.0 / 1701304382,
       -48777925059.0 / 3047939560, 15336726248.0 / 1032824649, -45442868181.0 / 3398467696, 3065993473.0 / 597172653});
  row(t.a[11], {185892177.0 / 718116043, 0.0, 0.0, -3185094517.0 / 667107341, -477755414.0 / 1098053517, -703635378.0 / 230739211,
                5731566787.0 / 1027545527, 5232866602.0 / 850066563, -4093664535.0 / 808688257, 3962137247.0 / 1805957418,
                65686358.0 / 487910083});
  row(t.a[12], {403863854.0 / 491063109, 0.0, 0.0, -5068492393.0 / 434740067, -411421997.0 / 543043805, 652783627.0 / 914296604,
                11173962825.0 / 925320556, -13158990841.0 / 6184727034, 3936647629.0 / 1978049680, -160528059.0 / 685178525,
                248638103.0 / 1413531060, 0.0});
  row(t.a[13],
      {14005451.0 / 335480064, 0.0, 0.0, 0.0, 0.0, -59238493.0 / 1068277825, 181606767.0 / 758867731, 561292985.0 / 797845732,
       -1041891430.0 / 1371343529, 760417239.0 / 1151165299, 118820643.0 / 751138087, -528747749.0 / 2220607170, 1.0 / 4});
  const double comparison[] = {13451932.0 / 455176623,
                               0.0,
                               0.0,
                               0.0,
                               0.0,
                               -808719846.0 / 976000145,
                               1757004468.0 / 5645159321,
                               656045339.0 / 265891186,
                               -3867574721.0 / 1518517206,
                               465885868.0 / 322736535,
                               53011238.0 / 667516719,
                               2.0 / 45};
  finish(t);
  for (int i = 0; i < 13; i++) t.error[i] = t.b[i] - (i < 12 ? comparison[i] : 0);
  powers(t.dense[0], {1.0, -6.6910181737837595697, 19.9990069333683970610, -30.0610568289666450593, 22.1396504998094068976,
                      -6.3448349392860401388});
  powers(t.dense[5], {0.0, -7.6142658045872677172, 52.2273532792945524050, -121.4999627731334642623, 116.4422149550342161651,
                      -39.6107919852202505218});
  powers(t.dense[6], {0.0, 10.7281392630428866124, -46.8919164181093621583, 83.1721004639847717481, -67.1451318825957197185,
                      20.3761213808791436958});
  powers(t.dense[7], {0.0, 0.5526637063753648783, -0.1890893225010595467, 9.5724507555993664382, -16.5672243527496524646,
                      7.3347098826795362023});
  powers(t.dense[8], {0.0, 4.2186562625665153803, -35.7075975946222072821, 87.8406057677205645007, -89.9916014847245016028,
                      32.8801774352459155182});
  powers(t.dense[9], {0.0, -0.6627209125361597559, 6.2736448083240352160, -17.4152107770762969005, 22.6237489648532849093,
                      -10.1588990526426760954});
  powers(t.dense[10], {0.0, -1.2636789001135462218, 10.3160881272450748458, -28.5903289514790976966, 32.2362340167355370113,
                       -12.5401268098782561200});
  powers(t.dense[11], {0.0, 5.4106037898590422230, -34.7650769866611817349, 81.6630950584341412934, -82.1020315488359848644,
                       29.5553001484516038033});
  powers(t.dense[12], {0.0, -7.0321379067945741781, 47.7457971078225540396, -114.9375291377009418170, 116.2662185791119533462,
                       -41.7923486424390588923});
  powers(t.dense[13], {0.0, 2.3537586759714983486, -19.0082099341608028453, 50.2558364226176017553, -53.9020777466385396792,
                       20.3006925822100825485});
  return t;
}

constexpr table_t tables[] = {euler(), midpoint(), rk4(), bosh3(), dopri5(), tsit5(), dopri8()};

// Rooted trees: Phi_i of the stage weights and the density gamma. A tree is a root with sub-trees; sub-trees are listed by
// their number, in falling order, so that each set of them comes once.
struct rooted_tree {
  int vertices = 1;
  double density = 1;
  std::vector<double> weight;  // Phi_i
};

std::vector<rooted_tree> trees_up_to(const table_t& t, int order) {
  std::vector<rooted_tree> all;
  const std::vector<double> ones(std::size_t(t.stages), 1.0);
  // Extends a root that has `partial` by sub-trees with numbers <= last.
  const auto couple = [&](const std::vector<double>& w) {
    std::vector<double> r(w.size(), 0.0);
    for (int i = 0; i < t.stages; i++)
      for (int j = 0; j < i; j++) r[std::size_t(i)] += t.a[i][j] * w[std::size_t(j)];
    return r;
  };
  struct partial_tree {
    int vertices;
    std::size_t last;
    double density;
    std::vector<double> weight;
  };
  for (int n = 1; n <= order; n++) {
    // all sets of known trees with n - 1 vertices together
    std::vector<partial_tree> open{{0, all.size(), 1.0, ones}};
    std::vector<rooted_tree> found;
    while (!open.empty()) {
      const partial_tree p = open.back();
      open.pop_back();
      if (p.vertices == n - 1) {
        found.push_back({n, p.density * n, p.weight});
        continue;
      }
      for (std::size_t k = 0; k < all.size() && k <= p.last; k++) {
        if (p.vertices + all[k].vertices > n - 1) continue;
        partial_tree q{p.vertices + all[k].vertices, k, p.density * all[k].density, p.weight};
        const std::vector<double> below = couple(all[k].weight);
        for (std::size_t i = 0; i < below.size(); i++) q.weight[i] *= below[i];
        open.push_back(q);
      }
    }
    all.insert(all.end(), found.begin(), found.end());
  }
  return all;
}

}  // namespace

const runge_kutta_table& coefficients(scheme s) { return tables[int(s)]; }

int stages_of_a_step(const runge_kutta_table& t) {
  int n = t.stages;
  while (n > 1 && t.b[n - 1] == 0) n--;
  return n;
}

double order_defect(const runge_kutta_table& t, int order, double theta, bool comparison) {
  double worst = 0;
  for (const rooted_tree& x : trees_up_to(t, order)) {
    double sum = 0;
    for (int i = 0; i < t.stages; i++) {
      double b = t.b[i] - (comparison ? t.error[i] : 0);
      if (theta != 1) {
        b = 0;
        for (int k = t.powers; k-- > 0;) b = (b + t.dense[i][k]) * theta;
      }
      sum += b * x.weight[std::size_t(i)];
    }
    worst = std::max(worst, std::abs(sum - std::pow(theta, x.vertices) / x.density));
  }
  return worst;
}

}  // namespace dimwise
